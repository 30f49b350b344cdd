//! What decides, besides similarity, whether a chat message asks a saved question: equality of wording, the guards, the scale.

pub mod negation;
pub mod numbers;
pub mod scale;
pub mod technology;
pub mod words;

use std::collections::BTreeSet;

use negation::Polarity;
use numbers::Quantity;
use words::Word;

/// What the guards compare of a question: read once when it is saved, and of each message that is matched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traits {
    quantities: Vec<Quantity>,
    technologies: BTreeSet<&'static str>,
    capitalised: BTreeSet<String>,
    words: BTreeSet<String>,
    polarity: Polarity,
}

/// Why a message is not a question it resembles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Both name quantities, and neither names all of the other's.
    Number,
    /// The same words, one of the two negated.
    Negation,
    /// Both name technologies, and the message one that the question does not; or an unknown name stands in its place.
    Technology,
}

impl Traits {
    pub fn of(text: &str) -> Self {
        let words = words::words(text);
        Self {
            quantities: numbers::quantities(&words),
            technologies: technology::named(&words),
            capitalised: technology::capitalised(&words),
            polarity: Polarity::of(&words),
            words: words.into_iter().map(|word| word.text).collect(),
        }
    }

    /// What they take on the heap, about.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.quantities)
            + size_of::<&str>() * 2 * self.technologies.len()
            + words_bytes(&self.capitalised)
            + words_bytes(&self.words)
            + self.polarity.bytes()
    }

    /// The first guard that keeps the message `query` from being this question; `None` if none does.
    pub fn conflict(&self, query: &Traits) -> Option<Conflict> {
        if numbers::conflict(&self.quantities, &query.quantities) {
            return Some(Conflict::Number);
        }
        if technology::conflict(&self.technologies, &query.technologies) || self.has_its_technology_exchanged_in(query)
        {
            return Some(Conflict::Technology);
        }
        self.polarity.conflicts(&query.polarity).then_some(Conflict::Negation)
    }

    /// The message says nearly the same, with a name that is not in the lexicon in the place of this question's technology.
    fn has_its_technology_exchanged_in(&self, query: &Traits) -> bool {
        !self.technologies.is_empty()
            && self.technologies.is_disjoint(&query.technologies)
            && query.capitalised.iter().any(|name| !self.words.iter().any(|word| is_misspelt(word, name)))
            && self.polarity.is_nearly_but_one(&query.polarity)
    }
}

/// What a set of words takes: a node of the tree is about two thirds full, and an allocation has some bytes of its own.
fn words_bytes(words: &BTreeSet<String>) -> usize {
    words.iter().map(|word| size_of::<String>() * 3 / 2 + 16 + word.len()).sum()
}

/// The known technologies that a text names, by their canonical names.
pub fn technologies(text: &str) -> BTreeSet<&'static str> {
    technology::named(&words::words(text))
}

/// The same word but for one slip in three letters.
fn is_misspelt(word: &str, written: &str) -> bool {
    strsim::osa_distance(word, written) * 3 <= word.chars().count()
}

/// What is left of a text when case, spacing and punctuation are ignored (after NFKC): two questions with the same key are the
/// same question. Kept are signs that change the meaning: `+` and `#` after a letter (C, C++, C#), `%` and currency signs, the point
/// between digits, and a space between two numbers. Empty if the text has no letter and no digit.
pub fn exact_key(text: &str) -> String {
    let words = words::words(text);
    let mut key = String::with_capacity(text.len());
    for word in &words {
        if ends_with_digit(&key) && starts_with_digit(word) {
            key.push(' ');
        }
        key.push_str(&word.text);
    }
    key
}

fn ends_with_digit(key: &str) -> bool {
    key.ends_with(|c: char| c.is_ascii_digit())
}

fn starts_with_digit(word: &Word) -> bool {
    word.text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests;
