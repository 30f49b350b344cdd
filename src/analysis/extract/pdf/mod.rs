//! Text of PDF files: an interpreter of page contents over the objects that `lopdf` reads.

mod bidi;
mod cmap;
mod encoding;
mod font;
mod glyph;
mod gutter;
mod interpreter;
mod layout;
mod lexer;
mod line;
mod marks;
mod metrics;
mod objects;
mod order;
mod paint;
mod program;
mod state;
mod tex;
mod wrap;

use lopdf::{Dictionary, Document, Error, LoadOptions, Object, ObjectId, encryption::DecryptionError};

use super::budget::{Budget, Exhausted};
use super::{Failure, Reading};
use glyph::Page;
use interpreter::{Fonts, Interpreter};
use objects::{Objects, decompress};

/// More pages than a résumé has.
const MAX_PAGES: usize = 200;
/// The page area where a file tells none: US letter.
const DEFAULT_AREA: [f64; 4] = [0.0, 0.0, 612.0, 792.0];

/// Reads a PDF.
///
/// # Errors
/// When it needs a password, cannot be parsed, or would take too much.
pub fn read(bytes: &[u8], budget: &mut Budget) -> Result<Reading, Failure> {
    let document = load(bytes)?;
    budget.check_clock()?;
    let pages: Vec<ObjectId> = document.page_iter().take(MAX_PAGES + 1).collect();
    if pages.len() > MAX_PAGES {
        return Err(Failure::LimitExceeded);
    }
    let (objects, empty) = (Objects::new(&document), Dictionary::new());
    let mut reader = Reader { objects, document: &document, empty: &empty, fonts: Fonts::default(), budget };
    let mut reading = Reading { pages: pages.len() as u32, ..Reading::default() };
    for page in pages {
        reader.read_page(page, &mut reading)?;
    }
    Ok(reading)
}

/// Where the header stands; offsets in the file count from there.
pub fn header_offset(bytes: &[u8]) -> Option<usize> {
    bytes.windows(5).position(|window| window == b"%PDF-")
}

fn load(bytes: &[u8]) -> Result<Document, Failure> {
    let start = header_offset(bytes).ok_or(Failure::Corrupt)?;
    let options = |force| LoadOptions {
        max_decompressed_size: Some(Budget::PART_BYTES),
        force_reconstruct: force,
        ..LoadOptions::default()
    };
    let document = match Document::load_mem_with_options(&bytes[start..], options(false)) {
        // Offsets may count from the start of the file although junk stands before the header.
        Ok(document) if document.page_iter().next().is_none() && !document.is_encrypted() => {
            Document::load_mem_with_options(&bytes[start..], options(true)).unwrap_or(document)
        }
        Ok(document) => document,
        Err(error) => return Err(failure(&error)),
    };
    // `lopdf` has tried the empty password; what is still encrypted needs another.
    if document.trailer.has(b"Encrypt") && document.encryption_state.is_none() {
        return Err(Failure::Encrypted);
    }
    Ok(document)
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::InvalidPassword | Error::UnsupportedSecurityHandler(_) => Failure::Encrypted,
        Error::Decryption(DecryptionError::IncorrectPassword | DecryptionError::UnsupportedEncryption) => {
            Failure::Encrypted
        }
        Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => Failure::LimitExceeded,
        _ => Failure::Corrupt,
    }
}

struct Reader<'a, 'b> {
    document: &'a Document,
    objects: Objects<'a>,
    empty: &'a Dictionary,
    fonts: Fonts,
    budget: &'b mut Budget,
}

impl<'a> Reader<'a, '_> {
    fn read_page(&mut self, id: ObjectId, reading: &mut Reading) -> Result<(), Exhausted> {
        let Ok(dict) = self.document.get_dictionary(id) else { return Ok(()) };
        let objects = self.objects;
        let resources = objects.inherited(dict, b"Resources").and_then(|o| objects.as_dict(o)).unwrap_or(self.empty);
        let content = self.content(dict)?;
        let area = objects.area(dict).unwrap_or(DEFAULT_AREA);
        let mut interpreter = Interpreter::new(objects, &mut self.fonts, self.budget, Page::new(area));
        interpreter.run(&content, resources)?;
        let mut page = interpreter.into_page();
        reading.scanned |= page.settle_ghosts();
        let read = layout::read(&page);
        reading.hidden += page.hidden;
        reading.columns = reading.columns.max(read.columns);
        if !read.text.is_empty() {
            if !reading.text.is_empty() {
                reading.text.push_str("\n\n");
            }
            reading.text.push_str(&read.text);
        }
        Ok(())
    }

    /// The content streams of a page, joined by a space as ISO 32000-1, 7.8.2 asks.
    fn content(&mut self, page: &'a Dictionary) -> Result<Vec<u8>, Exhausted> {
        let parts = match self.objects.get(page, b"Contents") {
            Some(Object::Array(parts)) => parts.as_slice(),
            Some(single) => std::slice::from_ref(single),
            None => &[],
        };
        let mut content = Vec::new();
        for part in parts {
            self.budget.step()?;
            if let Some(stream) = self.objects.stream(part)
                && let Some(data) = decompress(stream, self.budget)?
            {
                content.extend_from_slice(&data);
                content.push(b'\n');
            }
        }
        Ok(content)
    }
}
