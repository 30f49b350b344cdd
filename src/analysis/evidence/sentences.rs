//! Composed sentences: what a model or the analyser wrote in its own words may name only what the text names.

use std::collections::HashSet;

use super::haystack::Haystack;
use crate::domain::fold::{fold, fold_char, words};

/// Share of its words that a retold sentence must have in common with a passage of the text.
const RETOLD: f64 = 0.6;
/// Lines of a passage.
const PASSAGE: usize = 3;

/// The words of the text, and the figures that were computed from it.
pub struct Vocabulary {
    words: HashSet<String>,
    figures: HashSet<String>,
}

impl Vocabulary {
    pub fn new(text: &str, figures: impl IntoIterator<Item = String>) -> Self {
        let folded = fold(text);
        Self { words: words(&folded).map(str::to_owned).collect(), figures: figures.into_iter().collect() }
    }

    /// Do all numbers and names of the sentence stand in the text? A name is a word with a capital that does not open the sentence, or with
    /// capitals inside. An ordinary word that opens it is not checked: it is capitalised either way.
    pub fn supports(&self, sentence: &str) -> bool {
        sentence.split_whitespace().enumerate().all(|(i, word)| {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            let named = word.chars().skip(usize::from(i == 0)).any(char::is_uppercase);
            let counted = word.chars().any(char::is_numeric);
            !(named || counted) || self.figures.contains(word) || self.has(word)
        })
    }

    fn has(&self, word: &str) -> bool {
        let folded: String = word.chars().flat_map(fold_char).collect();
        words(&folded)
            .all(|part| self.words.contains(part) || part.strip_suffix('s').is_some_and(|one| self.words.contains(one)))
    }
}

/// The passage of the text that a retold sentence retells: the lines (numbers of the first and after the last) that share most words.
pub fn retold(sentence: &str, lines: &[HashSet<String>]) -> Option<(usize, usize)> {
    let folded = fold(sentence);
    let wanted: HashSet<&str> = words(&folded).filter(|word| word.chars().count() >= 4).collect();
    if wanted.len() < 2 {
        return None;
    }
    let shared = |first: usize| {
        let passage = &lines[first..lines.len().min(first + PASSAGE)];
        wanted.iter().filter(|word| passage.iter().any(|line| line.contains(**word))).count()
    };
    let (first, best) = (0..lines.len())
        .map(|first| (first, shared(first)))
        .max_by_key(|(first, shared)| (*shared, std::cmp::Reverse(*first)))?;
    #[allow(clippy::cast_precision_loss)] // a sentence has few words
    let enough = best as f64 >= RETOLD * wanted.len() as f64;
    enough.then(|| (first, lines.len().min(first + PASSAGE)))
}

/// The words of each line of the text.
pub fn line_words(haystack: &Haystack<'_>) -> Vec<HashSet<String>> {
    let text: String = haystack.chars().iter().collect();
    text.split('\n').map(|line| words(&fold(line)).map(str::to_owned).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_of_a_sentence_must_stand_in_the_text() {
        let vocabulary = Vocabulary::new("Engineer at Acme, 2019–2021, Python", ["2.0".to_owned()]);
        assert!(vocabulary.supports("Engineer with 2.0 years of work at Acme."));
        assert!(vocabulary.supports("Knows Python well."));
        assert!(!vocabulary.supports("Engineer who also knows Kubernetes."));
        assert!(!vocabulary.supports("Led 12 people."));
        assert!(!vocabulary.supports("AWS expert."));
    }

    #[test]
    fn a_retold_sentence_has_its_passage() {
        let text = "Jane\nLed a team of five engineers\nbuilt the payment service\nGardening";
        let lines = line_words(&Haystack::new(text));
        assert_eq!(retold("Led five engineers building the payment service", &lines), Some((0, 3)));
        assert_eq!(retold("Directed moon landings at mission control", &lines), None);
    }
}
