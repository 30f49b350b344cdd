//! The bank of questions (`data/*.txt`), parsed once. A question is added by a line there.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::template::literal;
use super::text::stems;
use crate::domain::interview::{Category, Difficulty};

/// For whom a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Everybody.
    Generic,
    /// Whoever has a skill: `{skill}`.
    Skill,
    /// Whoever has two: `{skill}`, `{skill2}`.
    Pair,
    /// Whoever lacks what the job asks for: `{wanted}`.
    Wanted,
    /// Whoever has what the job asks for: `{skill}`.
    Met,
    /// A family of roles.
    Family(&'static str),
}

impl Section {
    fn named(name: &'static str) -> Self {
        match name {
            "generic" => Self::Generic,
            "skill" => Self::Skill,
            "pair" => Self::Pair,
            "wanted" => Self::Wanted,
            "met" => Self::Met,
            family => Self::Family(family),
        }
    }
}

/// A question with gaps, and how one answers it.
#[derive(Debug)]
pub struct Entry {
    pub section: Section,
    pub category: Category,
    pub difficulty: Difficulty,
    pub tags: Vec<&'static str>,
    /// The stems of the question without its gaps.
    pub question_stems: HashSet<String>,
    /// The stems of each tag.
    pub tag_stems: Vec<HashSet<String>>,
    pub question: &'static str,
    /// In the first person, about nobody in particular.
    pub approach: &'static str,
}

/// All questions, in the order of the files.
pub static BANK: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let files = [
        include_str!("data/generic.txt"),
        include_str!("data/technology.txt"),
        include_str!("data/business.txt"),
        include_str!("data/service.txt"),
    ];
    files.into_iter().flat_map(entries).collect()
});

fn entries(file: &'static str) -> Vec<Entry> {
    let mut section = Section::Generic;
    let mut found = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix("== ") {
            Some(name) => section = Section::named(name),
            None => found.extend(entry(section, line)),
        }
    }
    found
}

fn entry(section: Section, line: &'static str) -> Option<Entry> {
    let mut parts = line.split(" | ");
    let category = match parts.next()? {
        "T" => Category::Technical,
        "B" => Category::Behavioral,
        "S" => Category::Situational,
        "P" => Category::ProblemSolving,
        _ => return None,
    };
    let difficulty = match parts.next()? {
        "E" => Difficulty::Easy,
        "M" => Difficulty::Medium,
        "H" => Difficulty::Hard,
        _ => return None,
    };
    let tags: Vec<&str> = parts.next()?.split(", ").collect();
    let tag_stems = tags.iter().map(|tag| stems(tag)).collect();
    let (question, approach) = (parts.next()?, parts.next()?);
    let question_stems = stems(&literal(question));
    Some(Entry { section, category, difficulty, tags, tag_stems, question_stems, question, approach })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::domain::interview::{MAX_QUESTION_CHARS, MAX_TAG_CHARS};
    use crate::domain::matching::exact_key;

    #[test]
    fn every_line_of_the_files_is_a_question() {
        let files = ["generic", "technology", "business", "service"].map(|name| {
            std::fs::read_to_string(format!("{}/src/ai/offline/interview/data/{name}.txt", env!("CARGO_MANIFEST_DIR")))
                .unwrap()
        });
        let written = files.iter().flat_map(|file| file.lines());
        let written = written.filter(|line| !line.starts_with(['#', '=']) && !line.is_empty()).count();
        assert_eq!(BANK.len(), written);
        assert!(written >= 150, "{written}");
    }

    #[test]
    fn no_question_stands_twice_and_each_is_complete() {
        let mut seen = HashSet::new();
        for entry in BANK.iter() {
            assert!(seen.insert(exact_key(entry.question)), "twice: {}", entry.question);
            assert!(!entry.tags.is_empty() && entry.tags.iter().all(|tag| tag.chars().count() <= MAX_TAG_CHARS));
            assert!(entry.question.ends_with(['?', '.']) && entry.question.len() < MAX_QUESTION_CHARS / 4);
            assert!(literal(entry.question).len() > 10, "{}", entry.question);
            assert!(entry.approach.starts_with("I ") && entry.approach.ends_with('.'), "{}", entry.approach);
            assert!(
                !entry.approach.contains(|c: char| c.is_ascii_digit() || "{}[]|".contains(c)),
                "{}",
                entry.approach
            );
        }
    }

    #[test]
    fn every_category_difficulty_and_family_has_questions() {
        let mut by_family: HashMap<&str, HashSet<Category>> = HashMap::new();
        for category in Category::ALL {
            for difficulty in Difficulty::ALL {
                let generic = |entry: &&Entry| entry.section == Section::Generic;
                let fits = |entry: &&Entry| entry.category == category && entry.difficulty == difficulty;
                assert!(BANK.iter().filter(generic).any(|entry| fits(&entry)), "{category:?} {difficulty:?}");
            }
        }
        for entry in BANK.iter() {
            if let Section::Family(family) = entry.section {
                by_family.entry(family).or_default().insert(entry.category);
            }
        }
        assert!(by_family.len() >= 19, "{:?}", by_family.keys());
        for (family, categories) in by_family {
            assert_eq!(categories.len(), 4, "{family}");
        }
    }
}
