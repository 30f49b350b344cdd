//! Encodings of simple fonts and names of glyphs.

use std::cell::RefCell;
use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object};

/// What each of the 256 codes of a simple font means.
pub type CodeTable = [Option<char>; 256];

/// A base encoding of ISO 32000-1, Annex D, by its PDF name; nothing if there is none of that name.
pub fn base_encoding(name: &[u8]) -> Option<CodeTable> {
    if !matches!(name, b"StandardEncoding" | b"MacRomanEncoding" | b"MacExpertEncoding" | b"WinAnsiEncoding") {
        return None;
    }
    let font = font_with(Object::Name(name.to_vec()));
    let document = Document::new();
    let encoding = font.get_font_encoding(&document).ok()?;
    let mut table = [None; 256];
    for (code, cell) in table.iter_mut().enumerate() {
        *cell = encoding.bytes_to_string(&[code as u8]).ok().and_then(|text| text.chars().next());
    }
    if name == b"WinAnsiEncoding" {
        // Annex D.2, notes 3 and 5: unused codes above 0x20 are bullets, 0xA0 a space, 0xAD a hyphen.
        table.iter_mut().skip(0x21).filter(|cell| cell.is_none()).for_each(|cell| *cell = Some('•'));
        table[0xa0] = Some(' ');
        table[0xad] = Some('-');
    }
    Some(table)
}

/// The table that a built-in font of this name has instead of a Latin one.
pub fn symbol_encoding(base_font: &[u8]) -> Option<CodeTable> {
    let name = String::from_utf8_lossy(base_font).to_ascii_lowercase();
    let name = name.rsplit('+').next().unwrap_or_default();
    if name.starts_with("zapfdingbats") || name.starts_with("wingdings") || name.starts_with("webdings") {
        let mut table = [Some('•'); 256];
        table[32] = Some(' ');
        return Some(table);
    }
    name.starts_with("symbol").then(symbol_table)
}

/// Adobe Symbol: Greek where Latin letters are, digits and punctuation as usual, the bullet at 0xB7.
fn symbol_table() -> CodeTable {
    const UPPER: &str = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ";
    const LOWER: &str = "αβχδεφγηιϕκλμνοπθρστυϖωξψζ";
    let mut table = [None; 256];
    for code in (0x20..0x40).chain([0x5b, 0x5d, 0x5f, 0x7b, 0x7c, 0x7d]) {
        table[code] = Some(code as u8 as char);
    }
    for (start, letters) in [(0x41, UPPER), (0x61, LOWER)] {
        for (offset, letter) in letters.chars().enumerate() {
            table[start + offset] = Some(letter);
        }
    }
    table[0xb7] = Some('•');
    table[0xa3] = Some('≤');
    table[0xb3] = Some('≥');
    table[0xb1] = Some('±');
    table[0xae] = Some('→');
    table[0xd7] = Some('·');
    table
}

fn font_with(encoding: Object) -> Dictionary {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", encoding);
    font
}

/// Looks a name up in the Adobe Glyph List that `lopdf` carries: its only door is a font with one difference.
fn listed(name: &str) -> Option<char> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Option<char>>> = RefCell::new(HashMap::new());
    }
    let look_up = || {
        let mut encoding = Dictionary::new();
        encoding.set("Differences", Object::Array(vec![Object::Integer(0), Object::Name(name.as_bytes().to_vec())]));
        let font = font_with(Object::Dictionary(encoding));
        let document = Document::new();
        let encoding = font.get_font_encoding(&document).ok()?;
        encoding.bytes_to_string(&[0]).ok()?.chars().next()
    };
    KNOWN.with_borrow_mut(|known| match known.get(name) {
        Some(found) => *found,
        None => {
            let found = look_up();
            if known.len() < 4096 {
                known.insert(name.to_owned(), found);
            }
            found
        }
    })
}

/// The text of a glyph name by the rules of the Adobe Glyph List Specification, section 2; empty if it tells nothing.
pub fn glyph_text(name: &[u8]) -> String {
    let Ok(name) = std::str::from_utf8(name) else { return String::new() };
    let stem = match name.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    stem.split('_').take(8).map(component_text).collect()
}

fn component_text(name: &str) -> String {
    if let Some(found) = listed(name) {
        return found.to_string();
    }
    if let Some(found) = hexadecimal_name(name) {
        return found;
    }
    // Names of TeX and of old PostScript fonts that the list lacks.
    match name {
        "ff" => "ff",
        "ffi" => "ffi",
        "ffl" => "ffl",
        "fi" => "fi",
        "fl" => "fl",
        "dotlessj" => "ȷ",
        "nbspace" | "nonbreakingspace" | "visiblespace" => " ",
        "sfthyphen" | "softhyphen" | "hyphenchar" => "\u{ad}",
        "Scedilla" => "Ş",
        "scedilla" => "ş",
        "Tcommaaccent" => "Ţ",
        "tcommaaccent" => "ţ",
        _ => "",
    }
    .to_owned()
}

/// `uni` with groups of four digits, `u` with four to six.
fn hexadecimal_name(name: &str) -> Option<String> {
    let upper_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.len().is_multiple_of(4)
        && upper_hex(digits)
    {
        let groups = digits.as_bytes().chunks_exact(4).map(|group| std::str::from_utf8(group).unwrap_or_default());
        return groups.map(|group| u32::from_str_radix(group, 16).ok().and_then(char::from_u32)).collect();
    }
    let digits = name.strip_prefix('u')?;
    if !(4..=6).contains(&digits.len()) || !upper_hex(digits) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyph_names_resolve_by_list_rule_and_suffix() {
        for (name, text) in [
            ("eacute", "é"),
            ("f_f_i", "ffi"),
            ("a.sc", "a"),
            ("uni00410042", "AB"),
            ("u1F600", "😀"),
            ("bullet", "•"),
            (".notdef", ""),
            ("g123", ""),
        ] {
            assert_eq!(glyph_text(name.as_bytes()), text, "{name}");
        }
    }

    #[test]
    fn base_encodings_are_those_of_the_standard() {
        let win = base_encoding(b"WinAnsiEncoding").unwrap();
        assert_eq!((win[0x41], win[0x80], win[0x95], win[0xe9]), (Some('A'), Some('€'), Some('•'), Some('é')));
        let standard = base_encoding(b"StandardEncoding").unwrap();
        assert_eq!((standard[0x27], standard[0xae]), (Some('’'), Some('ﬁ')));
        assert!(base_encoding(b"Identity-H").is_none());
    }
}
