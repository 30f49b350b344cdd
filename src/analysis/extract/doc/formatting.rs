//! The little formatting that matters to text: deleted and hidden characters, items of lists, ends of text boxes.

use super::fib::{Fib, Structure};
use super::u32_at;
use crate::analysis::extract::budget::{Budget, Exhausted};

/// Byte ranges of the main stream.
#[derive(Debug, Default)]
pub struct Formatting {
    deleted: Vec<(usize, usize)>,
    hidden: Vec<(usize, usize)>,
    listed: Vec<(usize, usize)>,
    headings: Vec<(usize, usize)>,
}

/// Single property modifiers ([MS-DOC] 2.6).
const SPRM_DELETED: u16 = 0x0800;
const SPRM_VANISH: u16 = 0x083c;
const SPRM_LIST: u16 = 0x460b;
/// Indexes of the styles "heading 1" to "heading 9" ([MS-DOC] 2.4.6.6).
const HEADING_STYLES: std::ops::RangeInclusive<u16> = 1..=9;
/// Length of a formatted disk page.
const PAGE: usize = 512;
const MAX_PAGES: usize = 8192;

impl Formatting {
    pub fn read(main: &[u8], table: &[u8], fib: &Fib, budget: &mut Budget) -> Result<Self, Exhausted> {
        let mut found = Self::default();
        for page in pages(main, table, fib, Structure::CharacterPages) {
            for index in 0..usize::from(page[PAGE - 1]) {
                budget.step()?;
                let Some(range) = run(page, index) else { break };
                for (sprm, operand) in modifiers(character_properties(page, index).unwrap_or_default()) {
                    match sprm {
                        SPRM_DELETED if operand.first() == Some(&1) => found.deleted.push(range),
                        SPRM_VANISH if operand.first() == Some(&1) => found.hidden.push(range),
                        _ => {}
                    }
                }
            }
        }
        for page in pages(main, table, fib, Structure::ParagraphPages) {
            for index in 0..usize::from(page[PAGE - 1]) {
                budget.step()?;
                let Some(range) = run(page, index) else { break };
                let Some((style, properties)) = paragraph_properties(page, index) else { continue };
                if HEADING_STYLES.contains(&style) {
                    found.headings.push(range);
                }
                let list = modifiers(properties).filter(|(sprm, _)| *sprm == SPRM_LIST).last();
                // 0 is no list, 0xF801 a list that was taken away.
                if list.is_some_and(|(_, operand)| !matches!(operand, [0, 0] | [0x01, 0xf8])) {
                    found.listed.push(range);
                }
            }
        }
        for ranges in [&mut found.deleted, &mut found.hidden, &mut found.listed, &mut found.headings] {
            ranges.sort_unstable();
        }
        Ok(found)
    }

    pub fn is_deleted(&self, at: usize) -> bool {
        covers(&self.deleted, at)
    }

    pub fn is_hidden(&self, at: usize) -> bool {
        covers(&self.hidden, at)
    }

    pub fn is_heading(&self, at: usize) -> bool {
        covers(&self.headings, at)
    }

    pub fn is_listed(&self, at: usize) -> bool {
        covers(&self.listed, at)
    }
}

fn covers(ranges: &[(usize, usize)], at: usize) -> bool {
    let end = ranges.partition_point(|(start, _)| *start <= at);
    end.checked_sub(1).is_some_and(|last| at < ranges[last].1)
}

/// The formatted disk pages that a bin table lists ([MS-DOC] 2.8.5, 2.8.6).
fn pages<'a>(main: &'a [u8], table: &[u8], fib: &Fib, structure: Structure) -> Vec<&'a [u8]> {
    let Some(plc) = fib.structure(table, structure) else { return Vec::new() };
    let count = (plc.len().saturating_sub(4) / 8).min(MAX_PAGES);
    let numbers =
        (0..count).filter_map(|index| u32_at(plc, 4 * (plc.len().saturating_sub(4) / 8 + 1) + 4 * index).ok());
    numbers
        .filter_map(|number| {
            let start = (number & 0x003f_ffff) as usize * PAGE;
            main.get(start..start + PAGE)
        })
        .collect()
}

/// Bytes of the main stream that a run of a page covers.
fn run(page: &[u8], index: usize) -> Option<(usize, usize)> {
    let (start, end) = (u32_at(page, 4 * index).ok()? as usize, u32_at(page, 4 * index + 4).ok()? as usize);
    (start < end).then_some((start, end))
}

/// `ChpxFkp` ([MS-DOC] 2.9.33).
fn character_properties(page: &[u8], index: usize) -> Option<&[u8]> {
    let runs = usize::from(page[PAGE - 1]);
    let at = usize::from(*page.get(4 * (runs + 1) + index)?) * 2;
    let length = usize::from(*page.get(at).filter(|_| at > 0)?);
    page.get(at + 1..at + 1 + length)
}

/// `PapxFkp` ([MS-DOC] 2.9.175): the index of the style, and the properties behind it.
fn paragraph_properties(page: &[u8], index: usize) -> Option<(u16, &[u8])> {
    let runs = usize::from(page[PAGE - 1]);
    let at = usize::from(*page.get(4 * (runs + 1) + 13 * index)?) * 2;
    let properties = match usize::from(*page.get(at).filter(|_| at > 0)?) {
        0 => page.get(at + 2..at + 2 + 2 * usize::from(*page.get(at + 1)?))?,
        words => page.get(at + 1..at + 2 * words)?,
    };
    Some((u16::from_le_bytes([*properties.first()?, *properties.get(1)?]), properties.get(2..)?))
}

/// Modifiers of a property list with their operands ([MS-DOC] 2.2.5).
fn modifiers(mut list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let sprm = u16::from_le_bytes([*list.first()?, *list.get(1)?]);
        let rest = list.get(2..)?;
        let (skip, length) = match sprm >> 13 {
            0 | 1 => (0, 1),
            2 | 4 | 5 => (0, 2),
            3 => (0, 4),
            7 => (0, 3),
            _ => (1, usize::from(*rest.first()?)),
        };
        let operand = rest.get(skip..skip + length)?;
        list = rest.get(skip + length..)?;
        Some((sprm, operand))
    })
}

/// Positions, within their story, at which the text of each text box ends.
pub fn box_ends(table: &[u8], fib: &Fib) -> Vec<usize> {
    const ENTRY: usize = 22;
    let Some(plc) = fib.structure(table, Structure::TextBoxes) else { return Vec::new() };
    let count = (plc.len().saturating_sub(4) / (4 + ENTRY)).min(1000);
    (1..=count).filter_map(|index| u32_at(plc, 4 * index).ok()).map(|position| position as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_split_by_the_size_of_their_operands() {
        let list = [0x00, 0x08, 1, 0x0b, 0x46, 3, 0, 0x15, 0xc6, 2, 9, 9, 0x3c, 0x08, 1];
        let found: Vec<(u16, usize)> = modifiers(&list).map(|(sprm, operand)| (sprm, operand.len())).collect();
        assert_eq!(found, [(SPRM_DELETED, 1), (SPRM_LIST, 2), (0xc615, 2), (SPRM_VANISH, 1)]);
        assert_eq!(modifiers(&[0x0b, 0x46, 3]).count(), 0);
    }

    #[test]
    fn ranges_cover_their_bytes_only() {
        let ranges = [(10, 20), (30, 40)];
        assert_eq!([9, 10, 19, 20, 35].map(|at| covers(&ranges, at)), [false, true, true, false, true]);
    }
}
