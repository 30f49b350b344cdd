//! The file information block ([MS-DOC] 2.5): where everything is.

use std::ops::Range;

use super::{u16_at, u32_at};
use crate::analysis::extract::Failure;

/// Stories, by their place in the file.
pub const MAIN: usize = 0;
pub const FOOTNOTES: usize = 1;
pub const HEADERS: usize = 2;
pub const ENDNOTES: usize = 5;
pub const TEXT_BOXES: usize = 6;
pub const HEADER_TEXT_BOXES: usize = 7;

/// Structures of the table stream, by their index in `FibRgFcLcb97`.
#[derive(Clone, Copy)]
pub enum Structure {
    /// `fcPlcfBteChpx`: formatting of characters.
    CharacterPages = 12,
    /// `fcPlcfBtePapx`: formatting of paragraphs.
    ParagraphPages = 13,
    /// `fcClx`: the piece table.
    Pieces = 33,
    /// `fcPlcftxbxTxt`: where the text of each text box ends.
    TextBoxes = 56,
}

/// What is used of the block.
pub struct Fib {
    /// The table stream is `1Table`.
    pub second_table: bool,
    /// Characters of each story: main, footnotes, headers, (macros), comments, endnotes, text boxes, text boxes of
    /// headers.
    lengths: [usize; 8],
    structures: Vec<(usize, usize)>,
}

impl Fib {
    pub fn parse(main: &[u8]) -> Result<Self, Failure> {
        let flags = u16_at(main, 10)?;
        if flags & 0x0100 != 0 {
            return Err(Failure::Encrypted);
        }
        if u16_at(main, 0)? != 0xa5ec {
            return Err(Failure::Corrupt);
        }
        let longs = 34 + 2 * usize::from(u16_at(main, 32)?) + 2;
        let pairs = longs + 4 * usize::from(u16_at(main, longs - 2)?) + 2;
        let mut lengths = [0; 8];
        for (index, length) in lengths.iter_mut().enumerate() {
            // A negative count would be larger than any file.
            *length = usize::try_from(u32_at(main, longs + 4 * (3 + index))? as i32).map_err(|_| Failure::Corrupt)?;
        }
        let count = usize::from(u16_at(main, pairs - 2)?).min(128);
        let structures = (0..count)
            .map_while(|index| {
                let at = pairs + 8 * index;
                Some((u32_at(main, at).ok()? as usize, u32_at(main, at + 4).ok()? as usize))
            })
            .collect();
        Ok(Self { second_table: flags & 0x0200 != 0, lengths, structures })
    }

    /// Character positions of a story.
    pub fn story(&self, story: usize) -> Range<usize> {
        let start = self.lengths[..story].iter().fold(0, |sum: usize, length| sum.saturating_add(*length));
        start..start.saturating_add(self.lengths[story])
    }

    /// The bytes of a structure.
    pub fn structure<'a>(&self, table: &'a [u8], structure: Structure) -> Option<&'a [u8]> {
        let (start, length) = *self.structures.get(structure as usize)?;
        table.get(start..start.checked_add(length)?)
    }
}
