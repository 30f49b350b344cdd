//! The piece table ([MS-DOC] 2.9.38): from character positions to characters.

use std::ops::Range;

use super::fib::{Fib, Structure};
use super::formatting::Formatting;
use super::{u16_at, u32_at};
use crate::analysis::extract::Failure;
use crate::analysis::extract::budget::Budget;

/// The characters of all stories, one UTF-16 unit each, because positions count those.
#[derive(Default)]
pub struct Characters {
    units: Vec<u16>,
    /// What the paragraph of each unit is.
    roles: Vec<Role>,
    /// Characters formatted as hidden.
    pub hidden: u32,
}

impl Characters {
    /// Units and roles of a range, cut to what there is.
    pub fn slice(&self, range: Range<usize>) -> (&[u16], &[Role]) {
        let end = range.end.min(self.units.len());
        let start = range.start.min(end);
        (&self.units[start..end], &self.roles[start..end])
    }
}

/// What a paragraph is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Body,
    /// An item of a list.
    Item,
    Heading,
}

/// A run of characters stored in one place.
struct Piece {
    length: usize,
    /// Byte offset in the main stream.
    offset: usize,
    /// One byte a character in code page 1252, otherwise UTF-16.
    compressed: bool,
}

/// Reads all pieces. What is deleted or hidden becomes U+0000, so that positions stay right.
pub fn decode(main: &[u8], table: &[u8], fib: &Fib, budget: &mut Budget) -> Result<Characters, Failure> {
    let formatting = Formatting::read(main, table, fib, budget)?;
    let mut chars = Characters::default();
    for piece in pieces(fib.structure(table, Structure::Pieces).ok_or(Failure::Corrupt)?)? {
        budget.step()?;
        budget.spend_chars(piece.length)?;
        let size = if piece.compressed { piece.length } else { piece.length.saturating_mul(2) };
        let data = main.get(piece.offset..piece.offset.saturating_add(size)).ok_or(Failure::Corrupt)?;
        let width = if piece.compressed { 1 } else { 2 };
        for (index, stored) in data.chunks_exact(width).enumerate() {
            let unit = match stored {
                [low, high] => u16::from_le_bytes([*low, *high]),
                [byte] => windows_1252(*byte),
                _ => 0,
            };
            let at = piece.offset + index * width;
            let gone = formatting.is_deleted(at) || formatting.is_hidden(at);
            chars.hidden += u32::from(formatting.is_hidden(at) && unit > 32);
            chars.units.push(if gone { 0 } else { unit });
            chars.roles.push(match (formatting.is_heading(at), formatting.is_listed(at)) {
                (true, _) => Role::Heading,
                (false, true) => Role::Item,
                (false, false) => Role::Body,
            });
        }
    }
    Ok(chars)
}

fn windows_1252(byte: u8) -> u16 {
    if byte < 0x80 {
        return u16::from(byte);
    }
    let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte)).0;
    text.encode_utf16().next().unwrap_or_default()
}

/// `Prc` entries to skip, then one `Pcdt`.
fn pieces(clx: &[u8]) -> Result<Vec<Piece>, Failure> {
    let mut at = 0;
    while clx.get(at) == Some(&1) {
        at += 3 + usize::from(u16_at(clx, at + 1)?);
    }
    if clx.get(at) != Some(&2) {
        return Err(Failure::Corrupt);
    }
    let size = u32_at(clx, at + 1)? as usize;
    let plc = clx.get(at + 5..(at + 5).saturating_add(size)).ok_or(Failure::Corrupt)?;
    let count = plc.len().saturating_sub(4) / 12;
    (0..count).map(|index| piece(plc, index, count)).collect()
}

fn piece(plc: &[u8], index: usize, count: usize) -> Result<Piece, Failure> {
    let (start, end) = (u32_at(plc, 4 * index)?, u32_at(plc, 4 * index + 4)?);
    let place = u32_at(plc, 4 * (count + 1) + 8 * index + 2)?;
    let compressed = place & 0x4000_0000 != 0;
    let offset = (place & 0x3fff_ffff) as usize;
    let length = end.checked_sub(start).ok_or(Failure::Corrupt)? as usize;
    Ok(Piece { length, offset: if compressed { offset / 2 } else { offset }, compressed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_table_behind_property_modifiers_is_found() {
        let mut clx = vec![1, 2, 0, 0xaa, 0xbb, 2];
        clx.extend(16u32.to_le_bytes());
        clx.extend([0u32, 5].iter().flat_map(|cp| cp.to_le_bytes()));
        clx.extend([0, 0]);
        clx.extend((0x4000_0000u32 | 2048).to_le_bytes());
        clx.extend([0, 0]);
        let pieces = pieces(&clx).unwrap();
        assert_eq!((pieces.len(), pieces[0].length, pieces[0].offset, pieces[0].compressed), (1, 5, 1024, true));
    }

    #[test]
    fn a_table_that_runs_backwards_is_corrupt() {
        let mut clx = vec![2, 16, 0, 0, 0];
        clx.extend([5u32, 0].iter().flat_map(|cp| cp.to_le_bytes()));
        clx.extend([0; 8]);
        assert_eq!(pieces(&clx).err(), Some(Failure::Corrupt));
    }
}
