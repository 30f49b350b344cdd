//! Finding phrases in texts: whole words, case and diacritics ignored, signs of technologies (`c++`, `c#`, `.net`) kept.

use std::collections::HashSet;

use crate::domain::fold::{fold, is_unspaced};
use crate::domain::matching::words::{stem, words};

/// A text as its folded words with one space around each.
pub struct Words(String);

/// A phrase to be found: folded words; `x*` finds what begins with x, `*x*` what contains it.
pub struct Phrase {
    words: String,
    begins_anywhere: bool,
    open_end: bool,
}

fn folded_words(text: &str) -> String {
    let folded = fold(text);
    let word = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#');
    folded.split(|c| !word(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Words {
    pub fn of(text: &str) -> Self {
        Self(format!(" {} ", folded_words(text)))
    }

    pub fn has(&self, phrase: &Phrase) -> bool {
        if phrase.words.is_empty() {
            return false;
        }
        let unspaced = phrase.words.chars().all(is_unspaced);
        let starts = |at: usize| phrase.begins_anywhere || unspaced || self.0[..at].ends_with(' ');
        let ends = |rest: &str| phrase.open_end || unspaced || rest.starts_with(' ') || rest.starts_with("s ");
        let mut found = self.0.match_indices(phrase.words.as_str());
        found.any(|(at, _)| starts(at) && ends(&self.0[at + phrase.words.len()..]))
    }
}

impl Phrase {
    pub fn new(text: &str) -> Self {
        Self { words: folded_words(text), begins_anywhere: text.starts_with('*'), open_end: text.ends_with('*') }
    }

    /// In words.
    pub fn len(&self) -> usize {
        self.words.split(' ').filter(|word| !word.is_empty()).count()
    }
}

/// Does the text name this skill? Short names (Go, R, C) are also words or letters: only with their case.
pub fn names(text: &str, skill: &str) -> bool {
    if skill.chars().count() > 3 || !skill.is_ascii() {
        return Words::of(text).has(&Phrase::new(skill));
    }
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#');
    text.match_indices(skill).any(|(at, _)| {
        !text[..at].ends_with(inside) && !text[at + skill.len()..].starts_with(inside) && !skill.is_empty()
    })
}

/// The stems of the words that carry meaning: of four letters and more.
pub fn stems(text: &str) -> HashSet<String> {
    words(text).into_iter().filter(|word| word.text.chars().count() > 3).map(|word| stem(&word.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_as_whole_words() {
        let words = Words::of("Senior Küchenchef, Customer-Service & CI/CD (C++)");
        for phrase in ["kuchenchef", "customer service", "ci/cd", "c++", "kuchen*", "*chef", "seniors*"] {
            assert_eq!(words.has(&Phrase::new(phrase)), phrase != "seniors*", "{phrase}");
        }
        assert!(!words.has(&Phrase::new("serv")) && !words.has(&Phrase::new("")) && !words.has(&Phrase::new("c")));
    }

    #[test]
    fn short_skills_count_only_with_their_case() {
        assert!(names("I write Go.", "Go") && !names("I go home.", "Go") && !names("C++ and C#", "C"));
        assert!(names("uses POSTGRESQL daily", "PostgreSQL"));
    }
}
