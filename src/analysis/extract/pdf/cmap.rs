//! Character maps (CMap): code to text (`ToUnicode`) and code to CID. Ranges are kept as ranges, because a hostile
//! map of a few bytes covers billions of codes.

use std::collections::HashMap;

use super::lexer::{Lexer, Operand, Token};
use crate::analysis::extract::budget::{Budget, Exhausted};

/// A parsed CMap stream (Adobe Technical Note 5014; ISO 32000-1, 9.7.5 and 9.10.3).
#[derive(Debug, Default)]
pub struct CMap {
    /// Length in bytes, first and last code.
    codespaces: Vec<(usize, u32, u32)>,
    chars: HashMap<u32, String>,
    ranges: Vec<TextRange>,
    /// First code, last code, first CID.
    cids: Vec<(u32, u32, u32)>,
}

#[derive(Debug)]
struct TextRange {
    first: u32,
    last: u32,
    text: String,
}

/// Most entries kept of one map.
const MAX_ENTRIES: usize = 70_000;
/// Ranges may overlap; this many are looked at for one code.
const MAX_OVERLAP: usize = 16;

impl CMap {
    /// Parses what it can read.
    ///
    /// # Errors
    /// Only when the budget runs out.
    pub fn parse(data: &[u8], budget: &mut Budget) -> Result<Self, Exhausted> {
        let mut map = Self::default();
        let mut lexer = Lexer::new(data);
        let mut operands: Vec<Operand<'_>> = Vec::new();
        while let Some(token) = lexer.next_token() {
            match token {
                Token::Operand(operand) => {
                    budget.step()?;
                    if operands.len() < MAX_ENTRIES {
                        operands.push(operand);
                    }
                }
                Token::Operator(operator) => {
                    map.section(operator, &operands);
                    operands.clear();
                }
            }
        }
        map.ranges.sort_by_key(|range| range.first);
        map.mend_ligatures();
        map.cids.sort_by_key(|range| range.0);
        Ok(map)
    }

    fn len(&self) -> usize {
        self.chars.len() + self.ranges.len() + self.cids.len() + self.codespaces.len()
    }

    fn section(&mut self, operator: &[u8], operands: &[Operand<'_>]) {
        match operator {
            b"endcodespacerange" => operands.chunks_exact(2).for_each(|pair| self.codespace(pair)),
            b"endbfchar" => operands.chunks_exact(2).for_each(|pair| self.bfchar(pair)),
            b"endbfrange" => operands.chunks_exact(3).for_each(|triple| self.bfrange(triple)),
            b"endcidchar" => operands.chunks_exact(2).for_each(|pair| self.cidrange(&pair[0], &pair[0], &pair[1])),
            b"endcidrange" => {
                operands.chunks_exact(3).for_each(|triple| self.cidrange(&triple[0], &triple[1], &triple[2]));
            }
            _ => {}
        }
    }

    fn codespace(&mut self, pair: &[Operand<'_>]) {
        if let (Some(first), Some(last), Operand::Text(bytes)) = (code(&pair[0]), code(&pair[1]), &pair[0])
            && self.codespaces.len() < 64
        {
            self.codespaces.push((bytes.len(), first, last));
        }
    }

    fn bfchar(&mut self, pair: &[Operand<'_>]) {
        if let (Some(code), Operand::Text(target)) = (code(&pair[0]), &pair[1])
            && self.len() < MAX_ENTRIES
        {
            self.chars.insert(code, utf16(target));
        }
    }

    fn bfrange(&mut self, triple: &[Operand<'_>]) {
        let (Some(first), Some(last)) = (code(&triple[0]), code(&triple[1])) else { return };
        if self.len() >= MAX_ENTRIES || last < first {
            return;
        }
        match &triple[2] {
            Operand::Text(target) => self.ranges.push(TextRange { first, last, text: utf16(target) }),
            Operand::Array(targets) => {
                for (code, target) in (first..=last).zip(targets) {
                    if let Operand::Text(target) = target
                        && self.chars.len() < MAX_ENTRIES
                    {
                        self.chars.insert(code, utf16(target));
                    }
                }
            }
            _ => {}
        }
    }

    fn cidrange(&mut self, first: &Operand<'_>, last: &Operand<'_>, cid: &Operand<'_>) {
        if let (Some(first), Some(last), Some(cid)) = (code(first), code(last), cid.number())
            && self.len() < MAX_ENTRIES
        {
            self.cids.push((first, last, cid as u32));
        }
    }

    /// Ghostscript cuts a range that starts at U+FB01 (fi, fl) to its high byte, so that it reads û, ü. Glyphs of a font
    /// stand in the order f, fi, fl, by which this is told from French and German.
    fn mend_ligatures(&mut self) {
        let text = |map: &Self, code: u32| {
            let mut out = String::new();
            map.push_text(code, &mut out);
            out
        };
        let cut = self.ranges.iter().filter(|range| range.text == "û").map(|range| range.first).take(16);
        for code in cut.collect::<Vec<u32>>() {
            if code > 0 && text(self, code - 1) == "f" {
                self.chars.insert(code, "fi".to_owned());
                if text(self, code + 1) == "ü" {
                    self.chars.insert(code + 1, "fl".to_owned());
                }
            }
        }
    }

    /// Appends the text of a code to `out`; false if the map does not know it.
    pub fn push_text(&self, code: u32, out: &mut String) -> bool {
        if let Some(text) = self.chars.get(&code) {
            out.push_str(text);
            return !text.is_empty();
        }
        let end = self.ranges.partition_point(|range| range.first <= code);
        let covering = self.ranges[..end].iter().rev().take(MAX_OVERLAP).find(|range| code <= range.last);
        covering.is_some_and(|range| push_shifted(&range.text, code - range.first, out))
    }

    /// The CID of a code.
    pub fn cid(&self, code: u32) -> Option<u32> {
        let end = self.cids.partition_point(|range| range.0 <= code);
        let covering = self.cids[..end].iter().rev().take(MAX_OVERLAP).find(|range| code <= range.1);
        covering.map(|(first, _, cid)| cid.saturating_add(code - first))
    }

    /// Length in bytes of the code that starts `bytes`; 2 if no codespace fits.
    pub fn code_length(&self, bytes: &[u8]) -> usize {
        (1..=4)
            .find(|length| {
                let Some(head) = bytes.get(..*length) else { return false };
                let code = big_endian(head);
                self.codespaces.iter().any(|(len, first, last)| len == length && (*first..=*last).contains(&code))
            })
            .unwrap_or(if self.codespaces.iter().all(|space| space.0 == 1) && !self.codespaces.is_empty() {
                1
            } else {
                2
            })
    }
}

/// The number that at most four bytes spell.
pub fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn code(operand: &Operand<'_>) -> Option<u32> {
    match operand {
        Operand::Text(bytes) if (1..=4).contains(&bytes.len()) => Some(big_endian(bytes)),
        _ => None,
    }
}

/// UTF-16BE, or one byte as the code point that some producers write.
fn utf16(bytes: &[u8]) -> String {
    if let [byte] = bytes {
        return char::from(*byte).to_string();
    }
    // Ghostscript writes the letters of some ligatures in the wrong byte order.
    let swapped = bytes.len() >= 4 && bytes.chunks_exact(2).all(|pair| pair[0].is_ascii_alphabetic() && pair[1] == 0);
    let unit = |pair: &[u8]| if swapped { u16::from(pair[0]) } else { u16::from_be_bytes([pair[0], pair[1]]) };
    let units = bytes.chunks_exact(2).take(64).map(unit);
    char::decode_utf16(units).filter_map(Result::ok).collect()
}

/// Appends `text` with its last character moved on by `shift`.
fn push_shifted(text: &str, shift: u32, out: &mut String) -> bool {
    let mut chars = text.chars();
    let Some(last) = chars.next_back() else { return false };
    let Some(shifted) = u32::from(last).checked_add(shift).and_then(char::from_u32) else { return false };
    out.push_str(chars.as_str());
    out.push(shifted);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(map: &CMap, code: u32) -> String {
        let mut out = String::new();
        map.push_text(code, &mut out);
        out
    }

    fn parse(source: &str) -> CMap {
        CMap::parse(source.as_bytes(), &mut Budget::new()).unwrap()
    }

    #[test]
    fn chars_ranges_and_arrays_are_found() {
        let map = parse(
            "1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0003> <00660066> endbfchar
             2 beginbfrange <0010> <0020> <0041> <0030> <0031> [<0061> <D83DDE00>] endbfrange",
        );
        assert_eq!(text(&map, 3), "ff");
        assert_eq!(text(&map, 0x12), "C");
        assert_eq!(text(&map, 0x31), "😀");
        assert_eq!(text(&map, 0x99), "");
        assert_eq!(map.code_length(&[0, 3, 0]), 2);
    }

    #[test]
    fn overlapping_full_ranges_are_not_expanded() {
        let map = parse(&format!("beginbfrange {} endbfrange", "<0000> <FFFFFFFF> <0041> ".repeat(20_000)));
        assert_eq!(text(&map, 1), "B");
        assert!(map.len() <= MAX_ENTRIES);
    }

    #[test]
    fn ligatures_that_ghostscript_garbled_are_mended() {
        let map = parse(
            "beginbfrange <28><28><0066> <29><29><00fb> <2a><2a><00fc> <90><90><74006900> <a0><a0><00fb> endbfrange",
        );
        assert_eq!([0x29, 0x2a, 0x90, 0xa0].map(|code| text(&map, code)), ["fi", "fl", "ti", "û"]);
    }

    #[test]
    fn cids_follow_their_ranges() {
        let map = parse("begincidrange <20> <7e> 1 endcidrange begincidchar <80> 500 endcidchar");
        assert_eq!(map.cid(0x21), Some(2));
        assert_eq!(map.cid(0x80), Some(500));
        assert_eq!(map.cid(0x7f), None);
    }
}
