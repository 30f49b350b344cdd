//! The guard on named technologies: "deploy to Heroku" is not "deploy to Kubernetes", although it is put in the same words.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::words::Word;

/// When a name counts as the technology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ambiguity {
    /// Always.
    None,
    /// Also an ordinary word: with a capital, or after a preposition that introduces tools.
    Tool,
    /// A common ordinary word: only with a capital.
    Common,
}

#[derive(Debug)]
struct Name {
    words: Vec<&'static str>,
    canonical: &'static str,
    ambiguity: Ambiguity,
}

/// Names by their first word, the longest first.
static NAMES: LazyLock<HashMap<&'static str, Vec<Name>>> = LazyLock::new(|| {
    let mut names: HashMap<&str, Vec<Name>> = HashMap::new();
    for name in include_str!("data/technologies.txt").lines().filter(|line| !line.starts_with("# ")).flat_map(names_of)
    {
        if let Some(first) = name.words.first() {
            names.entry(first).or_default().push(name);
        }
    }
    names.values_mut().for_each(|same| same.sort_by_key(|name| std::cmp::Reverse(name.words.len())));
    names
});

fn names_of(line: &'static str) -> Vec<Name> {
    let plain = |name: &'static str| name.trim().trim_end_matches(['!', '?']);
    let canonical = plain(line.split(',').next().unwrap_or_default());
    let name = |written: &'static str| Name {
        words: plain(written).split(' ').collect(),
        canonical,
        ambiguity: ambiguity(written),
    };
    line.split(',').map(name).collect()
}

fn ambiguity(written: &str) -> Ambiguity {
    match written.chars().next_back() {
        Some('!') => Ambiguity::Common,
        Some('?') => Ambiguity::Tool,
        _ => Ambiguity::None,
    }
}

/// The technologies that a text names, by their canonical names.
pub fn named(words: &[Word]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut i = 0;
    while i < words.len() {
        match name_at(words, i) {
            Some(name) => {
                found.insert(name.canonical);
                i += name.words.len();
            }
            None => i += 1,
        }
    }
    found
}

fn name_at(words: &[Word], i: usize) -> Option<&'static Name> {
    let here = |name: &&Name| {
        let fits =
            words[i..].iter().map(|word| word.text.as_str()).take(name.words.len()).eq(name.words.iter().copied());
        fits && counts(name.ambiguity, words, i)
    };
    NAMES.get(words[i].text.as_str())?.iter().find(here)
}

fn counts(ambiguity: Ambiguity, words: &[Word], i: usize) -> bool {
    let after_tool_word = || {
        let before = i.checked_sub(1).map(|before| words[before].text.as_str());
        before.is_some_and(|word| matches!(word, "in" | "with" | "using"))
    };
    match ambiguity {
        Ambiguity::None => true,
        Ambiguity::Tool => words[i].capital || after_tool_word(),
        Ambiguity::Common => words[i].capital,
    }
}

/// Words with a capital inside a sentence, which may be names that no lexicon knows. None if capitals are the rule in the text.
pub fn capitalised(words: &[Word]) -> BTreeSet<String> {
    let capitals: BTreeSet<String> = words.iter().filter(|word| word.capital).map(|word| word.text.clone()).collect();
    if 2 * capitals.len() > words.len() { BTreeSet::new() } else { capitals }
}

/// Both name technologies, and the message one that the question does not.
pub fn conflict(question: &BTreeSet<&str>, query: &BTreeSet<&str>) -> bool {
    !question.is_empty() && !query.is_subset(question)
}
