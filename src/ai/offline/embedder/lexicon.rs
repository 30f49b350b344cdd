//! The shipped lexicon: abbreviations, forms, weights of words, and the concepts that words and phrases stand for.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use super::features::Token;
use super::spelling::Spelling;
use crate::domain::matching::numbers::in_digits;
use crate::domain::matching::words::{stem, words};

const CONCEPTS: [&str; 4] = [
    include_str!("data/general.txt"),
    include_str!("data/technical.txt"),
    include_str!("data/professions.txt"),
    include_str!("data/everyday.txt"),
];

pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::shipped);

/// That a word or phrase stands for a concept.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    pub concept: String,
    /// Weight of the concept, less for a loose member.
    pub weight: f32,
}

struct Phrase {
    stems: Vec<String>,
    members: Vec<Membership>,
}

#[derive(Default)]
pub struct Lexicon {
    pub abbreviations: HashMap<String, Vec<String>>,
    forms: HashMap<String, String>,
    /// By the word itself, and by its stem.
    weights: HashMap<String, f32>,
    words: HashMap<String, Vec<Membership>>,
    /// By the first stem, the longest first.
    phrases: HashMap<String, Vec<Phrase>>,
    /// The phrases of two telling words, by the stems in alphabetical order.
    pairs: HashMap<(String, String), Vec<Membership>>,
    spelling: Spelling,
}

/// Share of a concept that a loose member (`~`) has.
const LOOSE: f32 = 0.35;
/// Weight of a word that is in a concept but not in the list of weights.
pub const LISTED: f32 = 0.9;
/// Words from this weight on make a pair.
pub const TELLING: f32 = 0.3;
const GUESSED: f32 = 0.85;

impl Lexicon {
    fn shipped() -> Self {
        let mut lexicon = Lexicon {
            abbreviations: entries(include_str!("data/abbreviations.txt"))
                .map(|(short, long)| (short.to_owned(), split(long)))
                .collect(),
            forms: entries(include_str!("data/forms.txt")).flat_map(|(stem, forms)| pairs(stem, forms)).collect(),
            ..Lexicon::default()
        };
        let forms: Vec<String> = lexicon.forms.keys().cloned().collect();
        forms.iter().for_each(|form| lexicon.spelling.add(form));
        lexicon.read_weights(include_str!("data/weights.txt"));
        lexicon.read_concepts(&CONCEPTS.concat());
        lexicon
    }

    fn read_weights(&mut self, text: &str) {
        for (weight, line) in lines(text).filter_map(|line| line.split_once(": ")) {
            let weight: f32 = weight.parse().unwrap_or(1.0);
            for word in line.split_whitespace() {
                self.spelling.add(word);
                for name in [self.stem(word), word.to_owned()] {
                    self.weights.entry(name).and_modify(|known| *known = known.min(weight)).or_insert(weight);
                }
            }
        }
    }

    fn read_concepts(&mut self, text: &str) {
        let mut phrases: BTreeMap<Vec<String>, Vec<Membership>> = BTreeMap::new();
        for (head, members) in lines(text).filter_map(|line| line.split_once(": ")) {
            let (name, weight) = head.split_once(' ').unwrap_or((head, "1"));
            let weight: f32 = weight.parse().unwrap_or(1.0);
            for member in members.split(", ") {
                let (member, share) = member.strip_suffix('~').map_or((member, 1.0), |member| (member, LOOSE));
                let stems = self.stems(member);
                add(phrases.entry(stems).or_default(), name, weight * share);
            }
        }
        for (stems, members) in phrases {
            self.insert(stems, members);
        }
    }

    fn insert(&mut self, stems: Vec<String>, members: Vec<Membership>) {
        let Some(first) = stems.first().cloned() else { return };
        if stems.len() == 1 {
            self.words.insert(first, members);
            return;
        }
        if let [a, b] = stems.as_slice()
            && [a, b].iter().all(|stem| self.weights.get(*stem).is_none_or(|weight| *weight >= TELLING))
        {
            let pair = self.pairs.entry(in_order(a, b)).or_default();
            members.iter().for_each(|member| add(pair, &member.concept, member.weight));
            return;
        }
        let same_first = self.phrases.entry(first).or_default();
        same_first.push(Phrase { stems, members });
        same_first.sort_by_key(|phrase| std::cmp::Reverse(phrase.stems.len()));
    }

    /// The stems of a lexicon entry, cut as a text is. Its words become known to the spelling.
    fn stems(&mut self, member: &str) -> Vec<String> {
        let mut stems = Vec::new();
        for word in words(member).into_iter().map(|word| word.text).filter(|word: &String| !is_article(word)) {
            self.spelling.add(&word);
            self.spelling.add(&plural(&word));
            match self.abbreviations.get(&word) {
                Some(instead) => stems.extend(instead.iter().map(|word| self.stem(word))),
                None => stems.push(in_digits(&word).unwrap_or_else(|| self.stem(&word))),
            }
        }
        stems
    }

    fn stem(&self, word: &str) -> String {
        self.forms.get(word).cloned().unwrap_or_else(|| stem(word))
    }

    pub fn token(&self, word: &str) -> Token {
        let known = self.stem(word);
        if self.is_known(word, &known) {
            return self.weighted(word, known, 1.0);
        }
        match self.spelling.nearest(word) {
            Some(meant) => self.weighted(word, self.stem(meant), GUESSED),
            None => self.weighted(word, known, 1.0),
        }
    }

    fn is_known(&self, word: &str, stem: &str) -> bool {
        self.forms.contains_key(word)
            || self.weights.contains_key(word)
            || self.weights.contains_key(stem)
            || self.words.contains_key(stem)
            || self.spelling.contains(word)
    }

    fn weighted(&self, word: &str, stem: String, certainty: f32) -> Token {
        let listed = self.weights.get(word).or_else(|| self.weights.get(&stem)).copied();
        let weight = listed.unwrap_or_else(|| if self.words.contains_key(&stem) { LISTED } else { unlisted(word) });
        Token { word: word.to_owned(), stem, weight, certainty }
    }

    pub fn concepts_of(&self, stem: &str) -> Option<&[Membership]> {
        self.words.get(stem).map(Vec::as_slice)
    }

    /// The longest phrase that the tokens begin with, and how many of them it takes. A pronoun may stand inside: "turn it down".
    pub fn phrase_at(&self, tokens: &[Token]) -> Option<(&[Membership], usize)> {
        let phrases = self.phrases.get(&tokens.first()?.stem)?;
        phrases.iter().find_map(|phrase| Some((phrase.members.as_slice(), taken(&phrase.stems, tokens)?)))
    }

    /// What two telling words stand for together, in either order: "prioritise features" and "feature prioritisation".
    pub fn pair(&self, a: &Token, b: &Token) -> Option<&[Membership]> {
        self.pairs.get(&in_order(&a.stem, &b.stem)).map(Vec::as_slice)
    }
}

/// How many tokens a phrase takes that begins with the first of them.
fn taken(stems: &[String], tokens: &[Token]) -> Option<usize> {
    let mut at = 0;
    for stem in stems {
        if at > 0 && tokens.get(at).is_some_and(|token| token.stem != *stem && is_object(&token.stem)) {
            at += 1;
        }
        (tokens.get(at)?.stem == *stem).then_some(())?;
        at += 1;
    }
    Some(at)
}

fn is_object(word: &str) -> bool {
    matches!(word, "it" | "them" | "him" | "her" | "that" | "this" | "me" | "us")
}

fn in_order(a: &str, b: &str) -> (String, String) {
    let (first, second) = if a < b { (a, b) } else { (b, a) };
    (first.to_owned(), second.to_owned())
}

/// Rare words tell most; numbers and scraps of a letter or two, less.
fn unlisted(word: &str) -> f32 {
    let scrap = word.chars().count() < 3 || word.starts_with(|c: char| c.is_ascii_digit());
    if scrap { 0.5 } else { 1.0 }
}

fn add(members: &mut Vec<Membership>, concept: &str, weight: f32) {
    match members.iter_mut().find(|member| member.concept == concept) {
        Some(known) => known.weight = known.weight.max(weight),
        None => members.push(Membership { concept: concept.to_owned(), weight }),
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn entries(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    lines(text).filter_map(|line| line.split_once(" = "))
}

fn split(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

fn pairs(stem: &str, forms: &str) -> Vec<(String, String)> {
    let own = std::iter::once((stem.to_owned(), stem.to_owned()));
    own.chain(split(forms).into_iter().map(|form| (form, stem.to_owned()))).collect()
}

/// The regular plural, near enough to be what a slip of the keyboard meant.
fn plural(word: &str) -> String {
    if word.ends_with(['s', 'y']) { word.to_owned() } else { format!("{word}s") }
}

pub fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an" | "the")
}
