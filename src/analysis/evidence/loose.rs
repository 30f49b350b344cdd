//! Finding a name of several words whose small words, legal form or one letter differ: "BSc Computer Science" for "BSc in Computer
//! Science". Every significant word must stand there, in order, with nothing but small words between.

use super::haystack::{Haystack, Span};
use crate::domain::fold::fold_char;

/// Words that carry no claim; they may be missing on either side.
const SMALL: &[&str] = &[
    "a", "al", "and", "at", "da", "das", "de", "del", "der", "des", "di", "die", "do", "du", "e", "el", "en", "et",
    "for", "fur", "im", "in", "la", "le", "les", "los", "of", "on", "the", "und", "van", "von", "w", "y", "z",
];
/// Forms of companies that a claim may add to a name of two words or more, or leave out.
const LEGAL: &[&str] = &[
    "ag",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "gmbh",
    "inc",
    "kg",
    "limited",
    "llc",
    "ltd",
    "nv",
    "plc",
    "sa",
    "sarl",
    "sas",
    "spa",
    "srl",
];
/// A word of fewer letters must stand exactly.
const LONG: usize = 7;
/// Words looked at; a résumé has a few thousand.
const MAX_WORDS: usize = 60_000;

struct Word {
    text: String,
    at: Span,
}

/// The words of a text, for loose finding.
pub struct Words(Vec<Word>);

impl Words {
    pub fn new(haystack: &Haystack<'_>) -> Self {
        Self(words_of(haystack.chars()))
    }

    /// Where all significant words of `value` stand side by side. One word of a longer name may differ by a letter.
    pub fn find(&self, value: &str) -> Option<Span> {
        let wanted = significant(value);
        if wanted.len() < 2 {
            return None;
        }
        self.0
            .windows(wanted.len())
            .find(|run| agree(run, &wanted))
            .map(|run| run[0].at.start..run[run.len() - 1].at.end)
    }
}

/// The words without small ones. A dot between letters joins: "B.Sc." and "BSc" are one word.
fn words_of(chars: &[char]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for (at, c) in chars.iter().enumerate() {
        if words.len() >= MAX_WORDS {
            break;
        }
        let joins = *c == '.' && open && chars.get(at + 1).is_some_and(|next| next.is_alphabetic());
        match words.last_mut().filter(|_| open && c.is_alphanumeric()) {
            Some(word) => {
                word.text.extend(fold_char(*c));
                word.at.end = at + 1;
            }
            None if c.is_alphanumeric() => words.push(Word { text: fold_char(*c).collect(), at: at..at + 1 }),
            None => {}
        }
        // A combining mark does not end its word.
        open = c.is_alphanumeric() || joins || (open && fold_char(*c).next().is_none());
    }
    words.retain(|word| !SMALL.contains(&word.text.as_str()));
    words
}

fn significant(value: &str) -> Vec<String> {
    let mut words: Vec<String> =
        words_of(&value.chars().collect::<Vec<_>>()).into_iter().map(|word| word.text).collect();
    while words.len() > 2 && words.last().is_some_and(|word| LEGAL.contains(&word.as_str())) {
        words.pop();
    }
    words
}

fn agree(run: &[Word], wanted: &[String]) -> bool {
    let different: Vec<_> = run.iter().zip(wanted).filter(|(word, wanted)| word.text != **wanted).collect();
    match different.as_slice() {
        [] => true,
        [(word, wanted)] => one_letter_apart(&word.text, wanted),
        _ => false,
    }
}

/// Do two long words of letters differ by one letter that is left out, added or replaced? The first letter must agree.
fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let comparable = a.len().min(b.len()) >= LONG
        && a.len().abs_diff(b.len()) <= 1
        && a[0] == b[0]
        && a.iter().chain(&b).all(|c| c.is_alphabetic());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    comparable && head + tail + 1 >= a.len().max(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, value: &str) -> Option<String> {
        let haystack = Haystack::new(text);
        Words::new(&haystack).find(value).map(|span| haystack.quote(&span).to_owned())
    }

    #[test]
    fn small_words_and_legal_forms_may_differ() {
        assert_eq!(
            find("B.Sc. in Computer Science", "B.Sc. Computer Science").as_deref(),
            Some("B.Sc. in Computer Science")
        );
        assert_eq!(find("worked for Juniper Vault until", "Juniper Vault GmbH").as_deref(), Some("Juniper Vault"));
        assert!(find("B.Sc. in Computer Science", "BSc Computer Science").is_some());
        assert_eq!(find("University of Northmere", "Northmere University"), None);
    }

    #[test]
    fn one_letter_of_a_long_word_may_differ() {
        assert!(find("Cinderpeek Analytics", "Cinderpeak Analytics").is_some());
        assert!(find("Rinderpeek Analytics", "Cinderpeak Analytics").is_none());
        assert!(find("Acne Labs", "Acme Labs").is_none());
    }

    #[test]
    fn words_that_stand_apart_are_no_name() {
        assert_eq!(find("Saffron Ridge Bank and Juniper Systems", "Saffron Systems"), None);
        assert_eq!(find("Google", "Google Cloud"), None);
    }
}
