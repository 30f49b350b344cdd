//! Text cut into comparable words, and words cut to their stems.

use std::iter::Peekable;
use std::str::Chars;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// NFKC, lower case, without apostrophes (`don't` is `dont`) and without the `'s` of a possessor; a number without its
    /// thousands separators. `%` and currency signs are words of their own.
    pub text: String,
    /// Written with a capital that the beginning of a sentence does not explain.
    pub capital: bool,
}

/// The words of a text, in order. Hyphens and slashes separate words.
pub fn words(text: &str) -> Vec<Word> {
    let text: String = text.nfkc().collect();
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    let mut starts_sentence = true;
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            let word = run(c, &mut chars);
            let capital = c.is_uppercase() && !starts_sentence;
            found.push(Word { text: fold(&word), capital });
            starts_sentence = false;
        } else if is_sign(c) {
            found.push(Word { text: c.to_string(), capital: false });
        } else if matches!(c, '.' | '?' | '!' | ':' | '\n') {
            starts_sentence = true;
        }
    }
    found
}

fn is_sign(c: char) -> bool {
    matches!(c, '%' | '$' | '€' | '£' | '¥')
}

/// The rest of a word that begins with `first`: letters, digits, and the marks that belong inside.
fn run(first: char, chars: &mut Peekable<Chars>) -> String {
    let mut word = String::from(first);
    while let Some(&c) = chars.peek() {
        if !(c.is_alphanumeric() || is_mark(c)) || !continues(&word, c, chars) {
            break;
        }
        word.push(c);
        chars.next();
    }
    word
}

fn is_mark(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '+' | '#' | '.' | ',' | '&') || is_combining(c)
}

fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn continues(word: &str, c: char, chars: &Peekable<Chars>) -> bool {
    let last = word.chars().next_back().unwrap_or(' ');
    let next = chars.clone().nth(1).unwrap_or(' ');
    match c {
        '\'' | '\u{2019}' => next.is_alphabetic(),
        '+' => last.is_alphabetic() && !next.is_alphanumeric() || last == '+',
        '#' => last.is_alphabetic(),
        '.' | ',' => last.is_ascii_digit() && next.is_ascii_digit(),
        '&' => word.chars().count() == 1 && next.is_alphabetic(),
        _ => true,
    }
}

fn fold(word: &str) -> String {
    let mut lower: String = word.to_lowercase().chars().map(|c| if c == '\u{2019}' { '\'' } else { c }).collect();
    if lower.starts_with(|c: char| c.is_ascii_digit()) {
        return without_separators(&lower);
    }
    if lower.ends_with("'s") && !HAS_IS.contains(&lower.as_str()) {
        lower.truncate(lower.len() - 2);
    }
    lower.retain(|c| c != '\'' && c != '&');
    lower
}

/// Words whose `'s` is a verb, not a possessor.
const HAS_IS: [&str; 12] =
    ["what's", "who's", "how's", "that's", "there's", "here's", "where's", "it's", "let's", "he's", "she's", "when's"];

/// `10,000` is `10000`; a comma before one or two digits is a decimal comma.
fn without_separators(number: &str) -> String {
    let mut plain = String::with_capacity(number.len());
    for (i, part) in number.split(',').enumerate() {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        if i > 0 && digits != 3 {
            plain.push('.');
        }
        plain.push_str(part);
    }
    plain
}

/// The stem of a word as [`words`] gives it: British spelling folded into one, then Porter 2.
pub fn stem(word: &str) -> String {
    if !word.is_ascii() || word.len() < 3 || word.ends_with(['+', '#']) {
        return word.to_owned();
    }
    Stemmer::create(Algorithm::English).stem(&one_spelling(word)).into_owned()
}

/// `organize`, `colour`, `centre`, `programme` as `organise`, `color`, `center`, `program`.
fn one_spelling(word: &str) -> String {
    const ENDINGS: [(&str, &str); 20] = [
        ("ize", "ise"),
        ("izes", "ises"),
        ("ized", "ised"),
        ("izing", "ising"),
        ("izer", "iser"),
        ("ization", "isation"),
        ("izations", "isations"),
        ("yze", "yse"),
        ("yzed", "ysed"),
        ("yzing", "ysing"),
        ("our", "or"),
        ("ours", "ors"),
        ("oured", "ored"),
        ("oural", "oral"),
        ("ourite", "orite"),
        ("tre", "ter"),
        ("tres", "ters"),
        ("gramme", "gram"),
        ("grammes", "grams"),
        ("ogue", "og"),
    ];
    let longest = ENDINGS
        .iter()
        .filter(|(end, _)| word.len() > end.len() + 2 && word.ends_with(end))
        .max_by_key(|(end, _)| end.len());
    match longest {
        Some((end, instead)) => format!("{}{instead}", &word[..word.len() - end.len()]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_folded_and_keep_what_carries_meaning() {
        for (text, expected) in [
            ("What's  a B-tree?", "whats a b tree"),
            ("C++, C# and C", "c++ c# and c"),
            ("10,000 requests; 1.5 or 1,5 %", "10000 requests 1.5 or 1.5 %"),
            ("yesterday\u{2019}s CI/CD run. Don't!", "yesterday ci cd run dont"),
            ("P&L of R&D, salt & pepper", "pl of rd salt pepper"),
            ("Ｆｕｌｌ ｗｉｄｔｈ", "full width"),
            ("version 2. Then", "version 2 then"),
        ] {
            assert_eq!(texts(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_capital_counts_only_inside_a_sentence() {
        let capital: Vec<_> =
            words("Do you know Go? Go on.").into_iter().filter(|w| w.capital).map(|w| w.text).collect();
        assert_eq!(capital, ["go"]);
    }

    #[test]
    fn both_spellings_have_one_stem() {
        for (a, b) in [
            ("organize", "organised"),
            ("colour", "color"),
            ("analyze", "analyse"),
            ("centre", "center"),
            ("programme", "program"),
        ] {
            assert_eq!(stem(a), stem(b));
        }
    }
}
