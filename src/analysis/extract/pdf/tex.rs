//! Bitmap fonts of TeX: their glyphs are named after codes of TeX's own encodings, `a65` for code 65.

use lopdf::Object;

/// T1 (Cork) below the letters.
const T1_LOW: [&str; 32] = [
    "`", "´", "ˆ", "˜", "¨", "˝", "˚", "ˇ", "˘", "¯", "˙", "¸", "˛", "‚", "‹", "›", "“", "”", "„", "«", "»", "–", "—",
    "", "", "ı", "ȷ", "ff", "fi", "fl", "ffi", "ffl",
];
/// T1 from 0x80 to 0xBF.
const T1_HIGH: &str = "ĂĄĆČĎĚĘĞĹĽŁŃŇŊŐŔŘŚŠŞŤŢŰŮŸŹŽŻĲİđ§ăąćčďěęğĺľłńňŋőŕřśšşťţűůÿźžżĳ¡¿£";
/// OT1 below the letters, from code 11.
const OT1_LOW: [&str; 21] =
    ["ff", "fi", "fl", "ffi", "ffl", "ı", "ȷ", "`", "´", "ˇ", "˘", "¯", "˚", "¸", "ß", "æ", "œ", "ø", "Æ", "Œ", "Ø"];

/// Fills in the text of codes whose glyphs are named after themselves, where no other rule knew them.
pub fn apply_bitmap_names(differences: &[Object], texts: &mut [String]) {
    let codes = self_named(differences);
    let has_letters = codes.iter().any(|code| (97..=122).contains(code));
    let is_ot1 = codes.iter().any(|code| (11..=15).contains(code)) && codes.iter().all(|code| *code < 128);
    for code in codes {
        if let Some(cell) = texts.get_mut(code).filter(|cell| cell.is_empty()) {
            *cell = match (has_letters, is_ot1) {
                (false, _) if matches!(code, 15 | 136) => "•".to_owned(),
                (_, true) => ot1(code),
                _ => t1(code),
            };
        }
    }
}

fn self_named(differences: &[Object]) -> Vec<usize> {
    let mut codes = Vec::new();
    let mut code = 0usize;
    for item in differences.iter().take(4096) {
        match item {
            Object::Name(name) => {
                let number = name.strip_prefix(b"a").and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
                if number == Some(code) {
                    codes.push(code);
                }
                code = code.saturating_add(1);
            }
            other => code = other.as_i64().ok().and_then(|n| usize::try_from(n).ok()).unwrap_or(code),
        }
    }
    codes
}

fn t1(code: usize) -> String {
    match code {
        0..=31 => T1_LOW[code].to_owned(),
        0x27 => "’".to_owned(),
        0x60 => "‘".to_owned(),
        0x7f => "-".to_owned(),
        0x20..0x7f => char::from(code as u8).to_string(),
        0x80..=0xbf => T1_HIGH.chars().nth(code - 0x80).map(String::from).unwrap_or_default(),
        0xd7 => "Œ".to_owned(),
        0xdf => "SS".to_owned(),
        0xf7 => "œ".to_owned(),
        0xff => "ß".to_owned(),
        0xc0..=0xfe => char::from(code as u8).to_string(),
        _ => String::new(),
    }
}

fn ot1(code: usize) -> String {
    match code {
        11..=31 => OT1_LOW[code - 11].to_owned(),
        0x22 => "”".to_owned(),
        0x3c => "¡".to_owned(),
        0x3e => "¿".to_owned(),
        0x5c => "“".to_owned(),
        0x7b => "–".to_owned(),
        0x7c => "—".to_owned(),
        0x7d => "˝".to_owned(),
        0x7e => "˜".to_owned(),
        0x7f => "¨".to_owned(),
        _ => t1(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(codes: &[i64]) -> Vec<String> {
        let mut differences = Vec::new();
        for code in codes {
            differences.push(Object::Integer(*code));
            differences.push(Object::Name(format!("a{code}").into_bytes()));
        }
        let mut texts = vec![String::new(); 256];
        apply_bitmap_names(&differences, &mut texts);
        codes.iter().map(|code| texts[*code as usize].clone()).collect()
    }

    #[test]
    fn the_encoding_is_told_by_the_codes_in_use() {
        assert_eq!(texts(&[21, 28, 97, 0xe9]), ["–", "fi", "a", "é"]);
        assert_eq!(texts(&[12, 97, 123]), ["fi", "a", "–"]);
        assert_eq!(texts(&[15]), ["•"]);
    }

    #[test]
    fn names_that_say_another_code_are_left_alone() {
        let mut texts = vec![String::new(); 256];
        apply_bitmap_names(&[Object::Integer(65), Object::Name(b"a66".to_vec())], &mut texts);
        assert!(texts.iter().all(String::is_empty));
    }
}
