//! A line as numbers, words and signs, and the words that dates are written with.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use crate::domain::fold::{digit, fold_char, is_invisible, is_unspaced};

/// Years outside of these are numbers of another kind.
const YEARS: Range<i32> = 1940..2100;
/// Of a longer line only this many bytes are scanned.
const MAX_LINE: usize = 4000;
/// What a token is; words are folded.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    Number { value: u32, digits: usize },
    Word(String),
    Mark(char),
}

/// One of them, and the bytes of the line that it takes.
#[derive(Debug)]
pub struct Token {
    pub kind: Kind,
    pub at: Range<usize>,
}

/// The lexicon: names of months with their numbers, and phrases by what they do.
pub struct DateWords {
    pub months: HashMap<String, u32>,
    pub present: HashSet<String>,
    pub to: HashSet<String>,
    pub since: HashSet<String>,
    pub of: HashSet<String>,
}

pub static WORDS: LazyLock<DateWords> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, HashSet<String>> = HashMap::new();
    for (kind, phrases) in data_lines(include_str!("../data/date_words.txt")) {
        kinds.entry(kind).or_default().extend(phrases.split(" | ").map(plain));
    }
    let mut take = |kind| kinds.remove(kind).unwrap_or_default();
    let months = data_lines(include_str!("../data/months.txt")).flat_map(|(number, names)| {
        let number = number.parse().unwrap_or(0);
        names.split_whitespace().map(move |name| (plain(&name.replace('_', " ")), number))
    });
    DateWords {
        months: months.collect(),
        present: take("present"),
        to: take("to"),
        since: take("since"),
        of: take("of"),
    }
});

fn data_lines(data: &str) -> impl Iterator<Item = (&str, &str)> {
    let content = data.lines().filter(|line| !line.starts_with('#'));
    content.filter_map(|line| line.split_once(':')).map(|(key, rest)| (key.trim(), rest.trim()))
}

/// The form of words in the lexicon: folded, letters only, one space between words.
fn plain(phrase: &str) -> String {
    let words: Vec<String> = tokenize(phrase)
        .into_iter()
        .filter_map(|token| match token.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        })
        .collect();
    words.join(" ")
}

/// Numbers of any script, folded words, and signs; spaces separate and are gone.
pub fn tokenize(line: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = line.char_indices().take_while(|(at, _)| *at < MAX_LINE).peekable();
    while let Some((start, c)) = chars.next() {
        let mut end = start + c.len_utf8();
        let kind = if let Some(first) = digit(c) {
            let (mut value, mut digits) = (first, 1);
            while let Some((at, more)) = chars.next_if(|(_, c)| digit(*c).is_some()) {
                value = value.saturating_mul(10).saturating_add(digit(more).unwrap_or(0));
                digits += 1;
                end = at + more.len_utf8();
            }
            Kind::Number { value, digits }
        } else if is_date_sign(c) {
            Kind::Word(c.to_string())
        } else if c.is_alphabetic() {
            let mut word: String = fold_char(c).collect();
            while let Some((at, more)) = chars.next_if(|(_, m)| joins(c, *m)) {
                word.extend(fold_char(more).filter(|c| c.is_alphabetic()));
                end = at + more.len_utf8();
            }
            Kind::Word(word)
        } else if c.is_whitespace() || is_invisible(c) {
            continue;
        } else {
            Kind::Mark(c)
        };
        tokens.push(Token { kind, at: start..end });
    }
    tokens
}

/// Signs that follow the number of a year, month or day.
fn is_date_sign(c: char) -> bool {
    matches!(c, '年' | '月' | '日' | '년' | '월' | '일')
}

/// Does `more` continue a word that began with `first`? An apostrophe does; a change between scripts does not.
fn joins(first: char, more: char) -> bool {
    let letter = more.is_alphabetic() && !is_date_sign(more) && is_unspaced(first) == is_unspaced(more);
    letter || matches!(more, '\'' | '’' | '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{591}'..='\u{5c7}')
}

pub fn is_dash(token: &Token) -> bool {
    matches!(
        token.kind,
        Kind::Mark('-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '~' | '～' | '〜' | '→' | 'ー' | '－' | '/')
    )
}

/// The longest phrase of the lexicon (up to three words) at token `i`; gives the token after it.
pub fn phrase(tokens: &[Token], i: usize, lexicon: &HashSet<String>) -> Option<usize> {
    let mut joined = String::new();
    let mut found = None;
    let mut next = i;
    while let Some(Token { kind: Kind::Word(word), .. }) = tokens.get(next).filter(|_| next < i + 3) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
        next += 1;
        if lexicon.contains(&joined) {
            // Scripts without spaces glue what follows: the word must then be alone in its run.
            found = Some(dot_after(tokens, next));
        } else if matches!(tokens.get(next), Some(Token { kind: Kind::Mark('.' | '/'), .. })) {
            next += 1;
        }
    }
    found
}

pub fn dot_after(tokens: &[Token], i: usize) -> usize {
    let adjacent =
        i > 0 && tokens.get(i).is_some_and(|dot| dot.kind == Kind::Mark('.') && dot.at.start == tokens[i - 1].at.end);
    if adjacent { i + 1 } else { i }
}

pub fn number(tokens: &[Token], i: usize, digits: Range<usize>) -> Option<u32> {
    match tokens.get(i)?.kind {
        Kind::Number { value, digits: n } if digits.contains(&n) => Some(value),
        _ => None,
    }
}

pub fn year(tokens: &[Token], i: usize) -> Option<i32> {
    number(tokens, i, 4..5).and_then(|value| i32::try_from(value).ok()).filter(|year| YEARS.contains(year))
}

/// The sign at `i`, if nothing but signs separates its neighbours: "05/2022", not "05 / 2022".
pub fn tight_mark(tokens: &[Token], i: usize) -> Option<char> {
    let (before, mark, after) = (tokens.get(i.checked_sub(1)?)?, tokens.get(i)?, tokens.get(i + 1)?);
    match mark.kind {
        Kind::Mark(c) if before.at.end == mark.at.start && mark.at.end == after.at.start => Some(c),
        _ => None,
    }
}

pub fn sign(tokens: &[Token], i: usize, signs: [&str; 2]) -> bool {
    matches!(tokens.get(i), Some(Token { kind: Kind::Word(word), .. }) if signs.contains(&word.as_str()))
}
