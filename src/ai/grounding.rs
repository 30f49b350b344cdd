//! Whether an answer stays with the facts: its names, numbers and technologies must stand in the profile or in the question.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use crate::domain::matching::technologies;
use crate::domain::matching::words::{Word, stem, words};
use crate::domain::profile::Profile;

/// Words that may begin a sentence, and capitals that name nothing: `I`, the parts of STAR.
static ORDINARY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("data/ordinary_words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split(' '))
        .collect()
});

/// Written numbers that claim something. Small ones count things too ordinary to be claims.
const NUMBERS: [&str; 14] = [
    "ten", "eleven", "twelve", "fifteen", "twenty", "thirty", "forty", "fifty", "hundred", "thousand", "million",
    "billion", "dozen", "decade",
];

/// What answers may speak of.
pub struct Ground {
    words: HashSet<String>,
    technologies: BTreeSet<&'static str>,
}

impl Ground {
    /// The facts of the profile, and further texts whose names are known (the question, the company).
    pub fn of(profile: &Profile, further: &[&str]) -> Self {
        let mut text = further.join("\n");
        let mut add = |value: Option<&str>| {
            text.push('\n');
            text.push_str(value.unwrap_or_default());
        };
        for job in &profile.experience {
            for value in [&job.company, &job.role, &job.start, &job.end, &job.description] {
                add(value.as_deref());
            }
            add(job.years.map(|years| years.to_string()).as_deref());
        }
        for entry in &profile.education {
            for value in [&entry.degree, &entry.institution] {
                add(value.as_deref());
            }
            add(entry.year.map(|year| year.to_string()).as_deref());
        }
        for value in [&profile.name, &profile.location, &profile.summary] {
            add(value.as_deref());
        }
        add(profile.total_work_years.map(|years| years.to_string()).as_deref());
        let lists = [&profile.skills.technical, &profile.skills.soft, &profile.languages, &profile.certifications];
        lists.into_iter().flatten().for_each(|value| add(Some(value)));
        let found = words(&text);
        let stems = found.iter().map(|word| stem(&word.text));
        let words = stems.chain(found.iter().map(|word| word.text.clone())).collect();
        Self { words, technologies: technologies(&text) }
    }

    /// Whether every name, number and technology of the answer is known, and none of it is a placeholder.
    pub fn holds(&self, answer: &str) -> bool {
        if answer.contains(['[', ']', '{', '}', '<', '>']) || !technologies(answer).is_subset(&self.technologies) {
            return false;
        }
        sentences(answer).all(|sentence| {
            let words = words(sentence);
            words.iter().enumerate().all(|(at, word)| self.allows(word, at == 0 && begins_with_capital(sentence)))
        })
    }

    fn allows(&self, word: &Word, first: bool) -> bool {
        let text = word.text.as_str();
        let number = text.starts_with(|c: char| c.is_numeric()) || NUMBERS.contains(&text.trim_end_matches('s'));
        let claims = number || word.capital || first;
        !claims || self.words.contains(text) || self.words.contains(&stem(text)) || !number && is_ordinary(text, first)
    }
}

/// Beginnings of sentences are told from names by a list, and by endings that names do not have.
fn is_ordinary(word: &str, first: bool) -> bool {
    ORDINARY.contains(word)
        || first && ["ing", "ly", "ed"].iter().any(|ending| word.len() > 4 && word.ends_with(ending))
}

/// A point between digits or letters (`2.5`, `Node.js`) ends no sentence.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(['!', '?', ':', ';', '\n', '•']).flat_map(|part| part.split(". "));
    parts.flat_map(|part| part.split(" - ")).filter(|part| !part.trim().is_empty())
}

fn begins_with_capital(sentence: &str) -> bool {
    sentence.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::{Experience, Skills};

    fn ground() -> Ground {
        let job = Experience {
            company: Some("Juniper Vault".into()),
            role: Some("Data Engineer".into()),
            years: Some(2.5),
            description: Some("Cut costs by 40% with Airflow.".into()),
            ..Experience::default()
        };
        let skills = Skills { technical: vec!["Python".into(), "REST APIs".into()], soft: vec![] };
        let profile = Profile { experience: vec![job], skills, ..Profile::default() };
        Ground::of(&profile, &["How do you use Python at Initech?"])
    }

    #[test]
    fn facts_of_the_profile_and_names_of_the_question_hold() {
        for answer in [
            "At Juniper Vault I worked as a Data Engineer for 2.5 years. Using Airflow, I cut costs by 40%.",
            "Situation: I designed a REST API in Python. Result: it would help Initech too.",
            "Throughout this work I've learned a lot; Python was central.",
        ] {
            assert!(ground().holds(answer), "{answer}");
        }
    }

    #[test]
    fn what_is_invented_does_not_hold() {
        for answer in [
            "At Acme Corp I built pipelines.",
            "Acme taught me to plan.",
            "I cut costs by 60%.",
            "I led twenty engineers.",
            "I deployed it on kubernetes.",
            "I worked at [Company] for years.",
            "In my five years I used Python 3000 times.",
        ] {
            assert!(!ground().holds(answer), "{answer}");
        }
    }
}
