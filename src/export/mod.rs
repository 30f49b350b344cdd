//! A profile as a file: JSON, JSON Resume, CSV, PDF, DOCX. Profile in, bytes out; nothing here waits or remembers.

mod csv;
mod document;
mod docx;
mod json;
mod jsonresume;
mod pdf;

use serde::Serialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::domain::JobId;
use crate::domain::error::{Error, Result};
use crate::domain::profile::Profile;

/// Goes up with every change of what a format looks like, so that copies held by clients count as old.
const TEMPLATE_VERSION: u32 = 1;

/// The formats of `GET /api/analysis/export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Format {
    Json,
    /// JSON Resume 1.0 (<https://jsonresume.org/schema>).
    JsonResume,
    Csv,
    Pdf,
    Docx,
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Json, Self::JsonResume, Self::Csv, Self::Pdf, Self::Docx];

    /// Reads a format's name as the contract spells it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonResume => "jsonresume",
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json | Self::JsonResume => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        }
    }

    /// The name of the file of a job: `resume_analysis_<first 8 of the id>.<extension>`.
    pub fn file_name(self, job: JobId) -> String {
        let job = job.to_string();
        let short = job.get(..8).unwrap_or(&job);
        match self {
            Self::JsonResume => format!("resume_analysis_{short}_jsonresume.json"),
            _ => format!("resume_analysis_{short}.{}", self.name()),
        }
    }

    /// Whether type is set: milliseconds of work rather than microseconds.
    pub fn is_document(self) -> bool {
        matches!(self, Self::Pdf | Self::Docx)
    }
}

/// What is exported. `unsupported` claims and the evidence of the profile are never written.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub job_id: JobId,
    pub profile: &'a Profile,
    /// When the résumé was analysed: the date of the documents.
    pub analysed_at: OffsetDateTime,
}

/// The file. `now` is what the formats that tell it give as the time of the export.
///
/// # Errors
/// `INTERNAL` if a library refuses to write the document, which no profile is known to cause.
pub fn render(format: Format, source: Source, now: OffsetDateTime) -> Result<Vec<u8>> {
    match format {
        Format::Json => json::render(source, now),
        Format::JsonResume => jsonresume::render(source),
        Format::Csv => csv::render(source.profile),
        Format::Pdf => pdf::render(source),
        Format::Docx => docx::render(source),
    }
}

/// What a file of this content, format and template is known by: hexadecimal, the same as long as the profile is.
pub fn fingerprint(format: Format, source: Source) -> Result<String> {
    let content = json::content(source)?;
    let mut hash = Sha256::new();
    hash.update(TEMPLATE_VERSION.to_le_bytes());
    hash.update(format.name());
    hash.update(source.analysed_at.unix_timestamp().to_le_bytes());
    hash.update(content);
    Ok(hex::encode(&hash.finalize()[..12]))
}

fn failed(format: Format, reason: impl std::fmt::Display) -> Error {
    Error::internal(format!("the export as {} failed: {reason}", format.name()))
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests;
