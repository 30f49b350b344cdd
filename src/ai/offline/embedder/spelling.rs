//! Guesses at misspelt words: the known word that one slip of the keyboard makes of an unknown one.

use std::collections::{HashMap, HashSet};

use super::vector::fnv;

/// Known words by themselves with any one letter left out (symmetric deletion: Garbe, SymSpell, 2012).
#[derive(Default)]
pub struct Spelling {
    words: Vec<String>,
    known: HashSet<String>,
    /// From the hash of a word or of what is left of it without a letter, to positions in `words`.
    shortened: HashMap<u64, Vec<u32>>,
    /// Letters of the longest word.
    longest: usize,
}

/// Shorter words are too near to each other to be guessed.
const SHORTEST: usize = 5;

impl Spelling {
    pub fn add(&mut self, word: &str) {
        if !self.known.insert(word.to_owned()) || word.len() < SHORTEST || !is_plain(word) {
            return;
        }
        let position = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.longest = self.longest.max(word.len());
        for short in shortened(word) {
            self.shortened.entry(short).or_default().push(position);
        }
    }

    pub fn contains(&self, word: &str) -> bool {
        self.known.contains(word)
    }

    /// The known word that is one letter dropped, added, exchanged or swapped with its neighbour away. Of several the one with the same
    /// first letter, then of the same length, then the first in the alphabet.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        if word.len() + 1 < SHORTEST || word.len() > self.longest + 1 || !is_plain(word) {
            return None;
        }
        let near = shortened(word).filter_map(|short| self.shortened.get(&short)).flatten();
        let near = near
            .map(|position| self.words[*position as usize].as_str())
            .filter(|known| strsim::osa_distance(known, word) == 1);
        near.min_by_key(|known| (known.as_bytes()[0] != word.as_bytes()[0], known.len() != word.len(), *known))
    }
}

fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The hashes of a word and of what is left of it without each of its letters.
fn shortened(word: &str) -> impl Iterator<Item = u64> {
    let without = move |i: usize| fnv(word.bytes().enumerate().filter(move |(at, _)| *at != i).map(|(_, byte)| byte));
    std::iter::once(fnv(word.bytes())).chain((0..word.len()).map(without))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling() -> Spelling {
        let mut spelling = Spelling::default();
        ["colleague", "college", "error", "test", "deadline"].iter().for_each(|word| spelling.add(word));
        spelling
    }

    #[test]
    fn one_slip_is_understood() {
        for (written, meant) in [
            ("collegue", "colleague"),
            ("colleauge", "colleague"),
            ("eror", "error"),
            ("deadlines", "deadline"),
            ("deasline", "deadline"),
        ] {
            assert_eq!(spelling().nearest(written), Some(meant), "{written}");
        }
    }

    #[test]
    fn short_known_and_far_words_are_left_alone() {
        for written in ["tets", "deadline", "dealin", "naïve", "", "x1234"] {
            assert_eq!(spelling().nearest(written), None, "{written}");
        }
    }

    #[test]
    fn no_time_is_spent_on_a_word_longer_than_any() {
        assert_eq!(spelling().nearest(&"x".repeat(1_000_000)), None);
        assert_eq!(spelling().nearest("collleague"), Some("colleague"));
    }
}
