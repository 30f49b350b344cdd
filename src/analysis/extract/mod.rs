//! Text of résumés: PDF, DOCX and DOC files of strangers in, plain text in reading order out.
//!
//! `extract` is pure and runs in a child process of its own (`child`), which the server talks to through `sandbox`:
//! whatever a file does to a parser, it does it there. Only `sniff` runs inside the server.

mod budget;
pub mod child;
mod doc;
mod docx;
mod pdf;
pub mod sandbox;
pub mod sniff;
mod tidy;

use std::io::Cursor;

use budget::{Budget, Exhausted};
use sniff::DocumentKind;

use crate::domain::document::{ExtractStatus, Extraction, ParseQuality};

/// What a reader of one format found.
#[derive(Debug, Default)]
struct Reading {
    text: String,
    pages: u32,
    columns: u32,
    scanned: bool,
    hidden: u32,
}

/// Why a reader gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Encrypted,
    Corrupt,
    LimitExceeded,
}

impl From<Exhausted> for Failure {
    fn from(_: Exhausted) -> Self {
        Self::LimitExceeded
    }
}

impl From<Failure> for ExtractStatus {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Encrypted => Self::Encrypted,
            Failure::Corrupt => Self::Corrupt,
            Failure::LimitExceeded => Self::LimitExceeded,
        }
    }
}

/// The text of a document. Its content decides about its type; the name only where the content leaves a doubt.
///
/// Takes at most about four seconds; may need a deep stack and, for hostile files, some hundred megabytes.
pub fn extract(bytes: &[u8], filename: Option<&str>) -> Extraction {
    if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) || bytes.len() < 4 {
        return refused(ExtractStatus::EmptyFile);
    }
    let sniffed = sniff::sniff(&mut Cursor::new(bytes)).unwrap_or_default();
    let Some(kind) = sniffed.or_else(|| hinted(bytes, filename)) else {
        return refused(ExtractStatus::UnsupportedType);
    };
    let mut budget = Budget::new();
    let reading = match kind {
        DocumentKind::Pdf => pdf::read(bytes, &mut budget),
        DocumentKind::Docx => docx::read(bytes, &mut budget),
        DocumentKind::Doc => doc::read(bytes, &mut budget),
    };
    match reading {
        Ok(reading) => finish(reading),
        Err(failure) => refused(failure.into()),
    }
}

/// The beginning of a compound file is a damaged DOC. A header behind more junk than a PDF may have counts if the name
/// says PDF, too.
fn hinted(bytes: &[u8], filename: Option<&str>) -> Option<DocumentKind> {
    if bytes.starts_with(sniff::OLE_MAGIC) {
        return Some(DocumentKind::Doc);
    }
    let named = DocumentKind::of_name(filename?)?;
    (named == DocumentKind::Pdf && pdf::header_offset(bytes).is_some()).then_some(named)
}

fn finish(reading: Reading) -> Extraction {
    let text = tidy::tidy(&reading.text);
    let mut quality = ParseQuality {
        pages: reading.pages,
        chars: text.chars().count() as u32,
        columns: reading.columns,
        scanned: reading.scanned,
        hidden_text: reading.hidden,
        warnings: Vec::new(),
    };
    if reading.hidden > 0 {
        quality.warnings.push(format!(
            "The document holds {} characters that a reader cannot see (white, tiny, invisible or off the page). They were left out; remove them, because employers' systems treat them as a trick.",
            reading.hidden
        ));
    }
    if text.is_empty() {
        quality.warnings.push(explain(ExtractStatus::NoTextLayer).to_owned());
        return Extraction { status: ExtractStatus::NoTextLayer, text, parse_quality: quality };
    }
    if reading.scanned {
        quality.warnings.push(
            "The pages are pictures and the text comes from character recognition. Check names and numbers, or upload the original document.".to_owned(),
        );
    }
    Extraction { status: ExtractStatus::Ok, text, parse_quality: quality }
}

/// An answer without text, with the sentence that says why.
fn refused(status: ExtractStatus) -> Extraction {
    let parse_quality = ParseQuality { warnings: vec![explain(status).to_owned()], ..ParseQuality::default() };
    Extraction { status, text: String::new(), parse_quality }
}

/// What a candidate reads when the extraction of a document ended so, and what to do about it.
pub fn explain(status: ExtractStatus) -> &'static str {
    match status {
        ExtractStatus::Ok => "The text was read.",
        ExtractStatus::Encrypted => {
            "This file is protected by a password. Save a copy without the password and upload that."
        }
        ExtractStatus::NoTextLayer => {
            "No text found: is this a scan? Upload a document whose text can be selected, such as the original exported as PDF or DOCX."
        }
        ExtractStatus::Corrupt => {
            "This file is damaged and could not be read. Open it in the program that made it, save it again and upload the new copy."
        }
        ExtractStatus::UnsupportedType => {
            "This file is not a PDF, DOC or DOCX document, whatever its name says. Export your résumé as one of these and upload that."
        }
        ExtractStatus::EmptyFile => "This file is empty. Check that it was saved completely and upload it again.",
        ExtractStatus::LimitExceeded => {
            "This file would take more time or memory to read than a résumé may. Export your résumé anew as a plain PDF or DOCX and upload that."
        }
    }
}

#[cfg(test)]
mod tests;
