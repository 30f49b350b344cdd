//! The guard on negation: "why should we not hire you" is not "why should we hire you", although nearly all words are the same.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::words::{Word, stem};
use super::words_bytes;

/// Two texts are nearly the same when at least this share of the content words of the one that has more is the other's too.
const NEARLY: f32 = 0.6;

static STOP_WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    include_str!("data/stopwords.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect()
});

/// Words that say the opposite of another.
static OPPOSITES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    include_str!("data/opposites.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect()
});

const NEGATORS: [&str; 14] = [
    "not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "cannot", "zero", "w/o",
    "non",
];

/// Turns of phrase in which a negator negates nothing.
const IDIOMS: [&[&str]; 13] = [
    &["or", "not"],
    &["if", "not"],
    &["not", "only"],
    &["no", "matter"],
    &["no", "one"],
    &["no", "longer"],
    &["or", "no"],
    &["say", "no"],
    &["says", "no"],
    &["said", "no"],
    &["saying", "no"],
    &["told", "no"],
    &["without", "doubt"],
];

/// `dont`, `isnt`, `wouldnt`: an auxiliary with its contracted "not".
fn is_contracted(word: &str) -> bool {
    const AUXILIARIES: [&str; 21] = [
        "do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "ca", "could", "would", "should", "wo",
        "must", "need", "might", "ai", "sha", "dare",
    ];
    word.strip_suffix("nt").is_some_and(|auxiliary| AUXILIARIES.contains(&auxiliary))
}

fn is_negator(word: &str) -> bool {
    NEGATORS.contains(&word) || is_contracted(word)
}

fn opposite(word: &str) -> Option<&'static str> {
    OPPOSITES.iter().find(|(negative, _)| *negative == word).map(|(_, positive)| *positive)
}

/// What the guard compares of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polarity {
    /// An odd number of negators.
    negated: bool,
    /// Stems of the words that carry a question: without frame words and negators, an opposite as the word it denies.
    content: BTreeSet<String>,
    /// Those of the content that stand for their opposites.
    denied: BTreeSet<String>,
}

impl Polarity {
    pub(super) fn bytes(&self) -> usize {
        words_bytes(&self.content) + words_bytes(&self.denied)
    }

    pub fn of(words: &[Word]) -> Self {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let idioms = texts.windows(2).filter(|pair| IDIOMS.contains(pair)).count();
        let negators = texts.iter().filter(|word| is_negator(word)).count();
        let carries = |word: &&str| !STOP_WORDS.contains(*word) && !is_negator(word);
        Self {
            negated: negators.saturating_sub(idioms) % 2 == 1,
            content: texts.iter().copied().filter(carries).map(|word| stem(opposite(word).unwrap_or(word))).collect(),
            denied: texts.iter().filter_map(|word| opposite(word)).map(stem).collect(),
        }
    }

    /// Nearly the same words, and only one of the two says "not" to them.
    pub fn conflicts(&self, other: &Polarity) -> bool {
        let one_negated = (self.negated != other.negated) ^ ((self.denies(other) + other.denies(self)) % 2 == 1);
        one_negated && self.is_nearly(other)
    }

    /// How many words of `other` stand here as their opposites.
    fn denies(&self, other: &Polarity) -> usize {
        self.denied.iter().filter(|word| other.content.contains(*word) && !other.denied.contains(*word)).count()
    }

    /// Nearly the same content words.
    fn is_nearly(&self, other: &Polarity) -> bool {
        self.shares(other, self.content.len().max(other.content.len()))
    }

    /// Nearly the same content words, but for one that another stands in place of.
    pub fn is_nearly_but_one(&self, other: &Polarity) -> bool {
        self.shares(other, self.content.len().max(other.content.len()).saturating_sub(1))
    }

    fn shares(&self, other: &Polarity, of: usize) -> bool {
        of > 0 && self.content.intersection(&other.content).count() as f32 >= NEARLY * of as f32
    }
}
