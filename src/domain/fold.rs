//! Folding: the form in which words of any script are compared, and the few facts about scripts that comparing needs.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One character without case, diacritics and compatibility form: `É` → `e`, `ﬁ` → `fi`, `Ｋ` → `k`, `ß` → `ss`.
/// Kana and Hangul come out decomposed; both sides of a comparison must be folded.
pub fn fold_char(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).flat_map(without_stroke)
}

/// A text in folded form; runs of whitespace become one space, and none stands at the ends.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(fold_char) {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The words of a folded text: maximal runs of letters and digits.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Scripts that write no spaces between words (Han, kana, Thai …): a word may begin and end anywhere in them.
pub fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x0EFF | 0x1780..=0x17FF | 0x2E80..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF
        | 0xFF66..=0xFF9F | 0x20000..=0x3FFFF)
}

/// Marks that are not seen and separate nothing: direction marks of right-to-left text, zero-width joiners, the soft hyphen.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The value of a decimal digit of the scripts that résumés use: ASCII, full width, Arabic-Indic, Persian, Devanagari.
pub fn digit(c: char) -> Option<u32> {
    let zero = match c as u32 {
        0x30..=0x39 => 0x30,
        0x660..=0x669 => 0x660,
        0x6F0..=0x6F9 => 0x6F0,
        0x966..=0x96F => 0x966,
        0xFF10..=0xFF19 => 0xFF10,
        _ => return None,
    };
    Some(c as u32 - zero)
}

/// Letters that Unicode does not decompose and people leave out the stroke of.
fn without_stroke(c: char) -> impl Iterator<Item = char> {
    let plain = match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'ς' => "σ",
        _ => "",
    };
    plain.chars().chain(plain.is_empty().then_some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_diacritics_and_compatibility_forms_disappear() {
        assert_eq!(fold("  Główna\tKSIĘGOWA "), "glowna ksiegowa");
        assert_eq!(fold("Straße Ｋ１ ﬁne Œuvre İzmir Ιωάννης"), "strasse k1 fine oeuvre izmir ιωαννησ");
        assert_eq!(fold("عمّان"), fold("عمان"));
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(words("ci/cd, c++ 2 go").collect::<Vec<_>>(), ["ci", "cd", "c", "2", "go"]);
    }

    #[test]
    fn digits_of_other_scripts_have_their_value() {
        assert_eq!("٢٠۲१９".chars().filter_map(digit).collect::<Vec<_>>(), [2, 0, 2, 1, 9]);
        assert_eq!(digit('x'), None);
    }

    #[test]
    fn only_scripts_without_spaces_are_unspaced() {
        assert!("職カ学".chars().all(is_unspaced));
        assert!(!"aяهה한1".chars().any(is_unspaced));
    }
}
