//! What a text says, as weighted features: stems and concepts, and the n-grams of its spelling.

use super::lexicon::{LEXICON, LISTED, Membership, TELLING, is_article};
use super::vector::{fnv, mix};
use crate::domain::matching::numbers::in_digits;
use crate::domain::matching::words::words;

/// Weighted features of a text, each named once, in the order of their numbers.
pub struct Features {
    pub meaning: Vec<(u64, f32)>,
    pub spelling: Vec<(u64, f32)>,
    /// Stands for the whole text.
    pub whole: u64,
}

/// A word on its way to features.
pub struct Token {
    /// As written, or as an abbreviation stands for it.
    pub word: String,
    pub stem: String,
    /// How much it tells, 0 to 1.
    pub weight: f32,
    /// 1, or less if the stem is a guess at a misspelt word.
    pub certainty: f32,
}

/// Share of the stem itself beside the concepts it stands for.
const STEM: f32 = 0.5;
/// Share of the concepts of a word beside its stem.
const CONCEPT: f32 = 0.7;
/// Words that only frame a question stand for no concept.
const FRAME: f32 = 0.05;
/// Share that a word keeps when it is part of a phrase.
const IN_PHRASE: f32 = 0.6;

pub fn of(text: &str) -> Features {
    let tokens = tokens(text);
    let mut meaning = Vec::with_capacity(4 * tokens.len());
    let covered = phrases(&tokens, &mut meaning);
    for (token, covered) in tokens.iter().zip(covered) {
        word(token, if covered { IN_PHRASE } else { 1.0 }, &mut meaning);
    }
    let whole = tokens.iter().fold(0, |hash, token| mix(hash ^ number(b"whole", &token.word)));
    Features { meaning: merged(meaning), spelling: merged(grams(&tokens)), whole }
}

/// Words with abbreviations spelt out, number words as digits, articles left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for word in words(text) {
        match LEXICON.abbreviations.get(&word.text) {
            Some(instead) => tokens.extend(instead.iter().filter_map(|word| token(word))),
            None => tokens.extend(token(&word.text)),
        }
    }
    tokens
}

fn token(word: &str) -> Option<Token> {
    (!is_article(word)).then(|| LEXICON.token(&in_digits(word).unwrap_or_else(|| word.to_owned())))
}

/// Adds the concepts of the phrases in the text; tells which tokens belong to one.
fn phrases(tokens: &[Token], meaning: &mut Vec<(u64, f32)>) -> Vec<bool> {
    let mut covered = vec![false; tokens.len()];
    for start in 0..tokens.len() {
        if let Some((members, length)) = LEXICON.phrase_at(&tokens[start..]) {
            covered[start..start + length].fill(true);
            concepts(members, 1.0, meaning);
        }
        if let Some((members, partner)) = pair_at(tokens, start) {
            (covered[start], covered[partner]) = (true, true);
            concepts(members, 1.0, meaning);
        }
    }
    covered
}

/// The pair that a word makes with the next telling word, if little stands between them.
fn pair_at(tokens: &[Token], start: usize) -> Option<(&'static [Membership], usize)> {
    const FARTHEST: usize = 3;
    let next = (start + 1..tokens.len().min(start + 1 + FARTHEST)).find(|next| tokens[*next].weight >= TELLING)?;
    Some((LEXICON.pair(&tokens[start], &tokens[next])?, next))
}

fn word(token: &Token, share: f32, meaning: &mut Vec<(u64, f32)>) {
    let share = share * token.certainty;
    match LEXICON.concepts_of(&token.stem).filter(|_| token.weight > FRAME) {
        None => meaning.push((number(b"stem", &token.stem), share * token.weight)),
        Some(members) => {
            meaning.push((number(b"stem", &token.stem), share * STEM * token.weight));
            concepts(members, share * CONCEPT * (token.weight / LISTED).min(1.0), meaning);
        }
    }
}

/// A word of several meanings gives each of them less, by the square root of their number.
fn concepts(members: &[Membership], share: f32, meaning: &mut Vec<(u64, f32)>) {
    let each = share / (members.len() as f32).sqrt();
    meaning.extend(members.iter().map(|member| (number(b"concept", &member.concept), each * member.weight)));
}

/// The n-grams of length 3 and 4 of each word, marked at its ends.
fn grams(tokens: &[Token]) -> Vec<(u64, f32)> {
    let mut grams = Vec::new();
    for token in tokens {
        let letters: Vec<char> = std::iter::once('^').chain(token.word.chars()).chain(std::iter::once('$')).collect();
        for length in [3, 4] {
            let all = letters
                .windows(length)
                .map(|gram| (gram.iter().fold(length as u64, |hash, c| mix(hash ^ u64::from(*c))), token.weight));
            grams.extend(all);
        }
    }
    grams
}

/// Every feature once: repetition adds by the root of the sum of squares, so it tells less each time.
fn merged(mut features: Vec<(u64, f32)>) -> Vec<(u64, f32)> {
    features.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    features
        .chunk_by(|a, b| a.0 == b.0)
        .map(|same| (same[0].0, same.iter().map(|(_, w)| w * w).sum::<f32>().sqrt()))
        .collect()
}

/// The number of a named feature.
fn number(kind: &[u8], name: &str) -> u64 {
    fnv(kind.iter().chain(b":").chain(name.as_bytes()).copied())
}
