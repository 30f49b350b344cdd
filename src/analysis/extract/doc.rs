//! Text of Word 97–2003 files ([MS-DOC]): streams, and the stories in reading order.

mod fib;
mod formatting;
mod pieces;
mod story;

use std::io::{Cursor, Read};

use cfb::CompoundFile;

use super::budget::Budget;
use super::{Failure, Reading};
use fib::{ENDNOTES, FOOTNOTES, Fib, HEADER_TEXT_BOXES, HEADERS, MAIN, TEXT_BOXES};
use pieces::Characters;

/// Reads a DOC.
///
/// # Errors
/// When it needs a password, cannot be parsed, or would take too much.
pub fn read(bytes: &[u8], budget: &mut Budget) -> Result<Reading, Failure> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|_| Failure::Corrupt)?;
    if file.is_stream("/EncryptedPackage") {
        return Err(Failure::Encrypted);
    }
    let main = stream(&mut file, "/WordDocument", budget)?;
    let fib = Fib::parse(&main)?;
    let table = stream(&mut file, if fib.second_table { "/1Table" } else { "/0Table" }, budget)?;
    let chars = pieces::decode(&main, &table, &fib, budget)?;
    let stories = [
        plain(&chars, &fib, HEADERS),
        plain(&chars, &fib, HEADER_TEXT_BOXES),
        main_story(&chars, &fib, &table),
        plain(&chars, &fib, FOOTNOTES),
        plain(&chars, &fib, ENDNOTES),
    ];
    let told: Vec<&str> = stories.iter().map(|story| story.trim()).filter(|story| !story.is_empty()).collect();
    Ok(Reading { text: told.join("\n\n"), columns: 1, hidden: chars.hidden, ..Reading::default() })
}

fn stream(file: &mut CompoundFile<Cursor<&[u8]>>, name: &str, budget: &mut Budget) -> Result<Vec<u8>, Failure> {
    let limit = budget.part_limit();
    let stream = file.open_stream(name).map_err(|_| Failure::Corrupt)?;
    let mut data = Vec::new();
    stream.take(limit as u64).read_to_end(&mut data).map_err(|_| Failure::Corrupt)?;
    budget.spend_bytes(data.len())?;
    Ok(data)
}

fn plain(chars: &Characters, fib: &Fib, story: usize) -> String {
    story::text(chars.slice(fib.story(story)), &[])
}

/// The main text with its text boxes at their anchors.
fn main_story(chars: &Characters, fib: &Fib, table: &[u8]) -> String {
    let boxes = fib.story(TEXT_BOXES);
    let ends = formatting::box_ends(table, fib);
    let mut texts = Vec::new();
    let mut start = boxes.start;
    for end in ends.iter().map(|end| (boxes.start + end).min(boxes.end)).chain([boxes.end]) {
        if end > start {
            texts.push(story::text(chars.slice(start..end), &[]));
            start = end;
        }
    }
    texts.retain(|text| !text.trim().is_empty());
    story::text(chars.slice(fib.story(MAIN)), &texts)
}

fn u16_at(data: &[u8], at: usize) -> Result<u16, Failure> {
    data.get(at..at.saturating_add(2)).map(|b| u16::from_le_bytes([b[0], b[1]])).ok_or(Failure::Corrupt)
}

fn u32_at(data: &[u8], at: usize) -> Result<u32, Failure> {
    data.get(at..at.saturating_add(4)).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).ok_or(Failure::Corrupt)
}
