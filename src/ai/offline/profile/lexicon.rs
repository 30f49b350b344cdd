//! The word lists of the analyser (`data/*.txt`), parsed once. A language, a title or a skill is added by a word or a line there.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::sections::Kind;
use crate::domain::fold::{fold, is_unspaced, words};

/// `key: item | item` lines of a data file; comments begin with `#`. A line without a key has the key `""`.
fn entries(data: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    data.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let (key, items) = line.split_once(": ").unwrap_or(("", line));
        items.split(" | ").map(move |item| (key, item.trim())).filter(|(_, item)| !item.is_empty())
    })
}

/// The form in which phrases are compared: folded words with one space between them.
pub fn key(text: &str) -> String {
    let folded = fold(text);
    let mut out = String::with_capacity(folded.len());
    for word in words(&folded) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// A list of words and phrases with wildcards: `x*` begins with x, `*x` ends with it, `*x*` contains it.
/// In scripts without spaces an entry matches anywhere.
#[derive(Default)]
pub struct WordList {
    phrases: HashSet<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    anywhere: Vec<String>,
    longest: usize,
}

impl WordList {
    fn insert(&mut self, item: &str) {
        let word = key(item);
        if word.is_empty() {
            return;
        }
        match (item.starts_with('*'), item.ends_with('*')) {
            (true, true) => self.anywhere.push(word),
            (_, _) if word.chars().all(is_unspaced) => self.anywhere.push(word),
            (false, true) => self.prefixes.push(word),
            (true, false) => self.suffixes.push(word),
            (false, false) => {
                self.longest = self.longest.max(words(&word).count());
                self.phrases.insert(word);
            }
        }
    }

    /// How many words or phrases of `text` (a [`key`]) are in the list.
    pub fn hits(&self, text: &str) -> usize {
        let parts: Vec<&str> = text.split(' ').collect();
        let single = |word: &&&str| self.phrases.contains(**word) || self.wild(word);
        let many =
            (2..=self.longest).flat_map(|n| parts.windows(n)).filter(|run| self.phrases.contains(&run.join(" ")));
        parts.iter().filter(single).count()
            + many.count()
            + self.anywhere.iter().filter(|word| text.contains(word.as_str())).count()
    }

    pub fn has(&self, text: &str) -> bool {
        self.hits(text) > 0
    }

    fn wild(&self, word: &str) -> bool {
        self.prefixes.iter().any(|prefix| word.starts_with(prefix.as_str()))
            || self.suffixes.iter().any(|suffix| word.len() > suffix.len() && word.ends_with(suffix.as_str()))
    }
}

fn word_list(data: &'static str, wanted: &str) -> WordList {
    let mut list = WordList::default();
    entries(data).filter(|(key, _)| *key == wanted).for_each(|(_, item)| list.insert(item));
    list
}

const ROLES: &str = include_str!("data/role_words.txt");
const COMPANIES: &str = include_str!("data/company_words.txt");
const PLACES: &str = include_str!("data/places.txt");
const FAMILIES: &str = include_str!("data/families.txt");

pub static ROLE: LazyLock<WordList> = LazyLock::new(|| {
    let mut list = WordList::default();
    entries(ROLES).for_each(|(_, item)| list.insert(item));
    list
});
pub static COMPANY: LazyLock<WordList> = LazyLock::new(|| word_list(COMPANIES, "name"));
pub static LEGAL: LazyLock<HashSet<String>> =
    LazyLock::new(|| entries(COMPANIES).filter(|(kind, _)| *kind == "legal").map(|(_, item)| key(item)).collect());
pub static DEGREE: LazyLock<WordList> = LazyLock::new(|| word_list(include_str!("data/degree_words.txt"), "degree"));
pub static INSTITUTION: LazyLock<WordList> =
    LazyLock::new(|| word_list(include_str!("data/institution_words.txt"), "institution"));

/// Families of roles in the order of the file, each with its words.
static FAMILY_WORDS: LazyLock<Vec<(&str, WordList)>> = LazyLock::new(|| {
    let mut families: Vec<(&str, WordList)> = Vec::new();
    for (family, item) in entries(ROLES) {
        if families.last().is_none_or(|(name, _)| *name != family) {
            families.push((family, WordList::default()));
        }
        if let Some((_, list)) = families.last_mut() {
            list.insert(item);
        }
    }
    families
});

/// The family of roles that a title belongs to: the one with most words in it; a more general family yields in a tie.
pub fn family(title: &str) -> &'static str {
    let title = key(title);
    let general = |name: &str| matches!(name, "management" | "administration" | "engineering");
    let score = |(name, list): &&(&'static str, WordList)| list.hits(&title) * 2 + usize::from(!general(name));
    let best = FAMILY_WORDS.iter().filter(|(_, list)| list.has(&title)).rev().max_by_key(score);
    best.map_or("any", |(name, _)| name)
}

/// The next titles of a family, rising in responsibility.
pub fn next_titles(family: &str) -> impl Iterator<Item = &'static str> {
    entries(FAMILIES).filter(move |(name, _)| *name == family).map(|(_, title)| title)
}

/// Section headings by their [`key`].
pub static HEADINGS: LazyLock<HashMap<String, Kind>> = LazyLock::new(|| {
    let mut headings = HashMap::new();
    for (kind, heading) in entries(include_str!("data/headings.txt")) {
        headings.entry(key(heading)).or_insert_with(|| Kind::named(kind));
    }
    headings
});

/// Headings of at least eight characters by their first character, for a tolerant comparison.
pub static LONG_HEADINGS: LazyLock<HashMap<char, Vec<(&str, Kind)>>> = LazyLock::new(|| {
    let mut by_first: HashMap<char, Vec<(&str, Kind)>> = HashMap::new();
    for (heading, kind) in HEADINGS.iter().filter(|(heading, _)| heading.chars().count() >= 8) {
        if let Some(first) = heading.chars().next() {
            by_first.entry(first).or_default().push((heading.as_str(), *kind));
        }
    }
    by_first
});

/// Lines that belong to the sheet: running heads, the title of the document.
pub static FURNITURE: LazyLock<HashSet<String>> =
    LazyLock::new(|| entries(include_str!("data/furniture.txt")).map(|(_, item)| key(item)).collect());

/// What a label before a value announces: `name`, `email`, `phone`, `location`, `linkedin`, `link`, `age`, `birth`.
pub static LABELS: LazyLock<HashMap<String, &str>> =
    LazyLock::new(|| entries(include_str!("data/labels.txt")).map(|(kind, item)| (key(item), kind)).collect());

pub static REGIONS: LazyLock<HashSet<String>> = LazyLock::new(|| place_keys("region"));
pub static CITIES: LazyLock<HashSet<String>> = LazyLock::new(|| place_keys("city"));
/// Short forms of states and countries, compared with case: `TX`, `UK`.
pub static REGION_CODES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    entries(PLACES).filter(|(kind, _)| *kind == "code").flat_map(|(_, codes)| codes.split(' ')).collect()
});
pub static PLACE_SUFFIXES: LazyLock<Vec<&str>> =
    LazyLock::new(|| entries(PLACES).filter(|(kind, _)| *kind == "suffix").map(|(_, item)| item).collect());
pub static STREET: LazyLock<WordList> = LazyLock::new(|| word_list(PLACES, "street"));

fn place_keys(wanted: &str) -> HashSet<String> {
    entries(PLACES).filter(|(kind, _)| *kind == wanted).map(|(_, item)| key(item)).collect()
}

/// Skills are compared with their signs: `c++`, `c#`, `.net core`, `ci/cd`.
pub fn skill_key(text: &str) -> String {
    fold(text)
}

/// Technical skills as written, by their [`skill_key`]; `true`: only with this case.
pub static TECHNICAL: LazyLock<HashMap<String, (&str, bool)>> = LazyLock::new(|| {
    let all = entries(include_str!("data/skills.txt")).map(|(kind, item)| (skill_key(item), (item, kind == "exact")));
    all.collect()
});
pub static SOFT: LazyLock<HashSet<String>> =
    LazyLock::new(|| entries(include_str!("data/soft_skills.txt")).map(|(_, item)| skill_key(item)).collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_the_ends_of_words() {
        assert!(ROLE.has(&key("Softwareentwicklerin")));
        assert!(ROLE.has(&key("Główna księgowa")));
        assert!(ROLE.has(&key("データアナリスト")));
        assert!(!ROLE.has(&key("Saffron Ridge")));
    }

    #[test]
    fn a_title_has_the_family_of_its_words() {
        for (title, wanted) in [
            ("Senior Software Engineer", "software"),
            ("Registered Nurse", "health"),
            ("Jefa de compañía logística", "logistics"),
            ("Office Manager", "administration"),
            ("Juggler", "any"),
        ] {
            assert_eq!(family(title), wanted, "{title}");
        }
    }

    #[test]
    fn every_family_has_next_titles() {
        for (name, _) in FAMILY_WORDS.iter() {
            assert!(next_titles(name).count() >= 3, "{name}");
        }
    }

    #[test]
    fn every_heading_has_a_known_kind() {
        for (kind, heading) in entries(include_str!("data/headings.txt")) {
            assert!(Kind::named(kind) != Kind::Other || kind == "other", "{kind}: {heading}");
        }
    }
}
