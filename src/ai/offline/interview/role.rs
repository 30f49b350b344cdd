//! Who is asked: the family of roles, and the level.

use std::sync::LazyLock;

use super::text::{Phrase, Words};
use crate::ai::offline::profile;
use crate::domain::interview::Target;
use crate::domain::profile::Profile;

/// Keywords of each family, in the order of the file.
static FAMILIES: LazyLock<Vec<(&str, Vec<Phrase>)>> = LazyLock::new(|| {
    let lines = include_str!("data/families.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, words)| (name, words.split(" | ").map(Phrase::new).collect()))
        .collect()
});

/// What the analyser calls the families that this bank names otherwise.
const OTHER_NAMES: [(&str, &str); 2] = [("operations", "devops"), ("education", "teaching")];

/// How experienced the candidate should be for the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Junior,
    Middle,
    Senior,
    Lead,
}

/// The families of the job that is prepared for and of the candidate, nearest first, at most three.
pub fn families(profile: &Profile, target: &Target) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut add = |family: Option<&'static str>| {
        if let Some(family) = family.filter(|family| !found.contains(family)) {
            found.push(family);
        }
    };
    add(of_title(&target.job_title));
    if target.job_title.is_empty() {
        add(of_text(&[&target.job_description, &target.job_requirements]));
    }
    let titles: Vec<&str> = profile.experience.iter().filter_map(|job| job.role.as_deref()).take(2).collect();
    titles.iter().for_each(|title| add(of_title(title)));
    add(of_text(&profile.skills.technical.iter().map(String::as_str).collect::<Vec<_>>()));
    found.truncate(3);
    found
}

fn of_title(title: &str) -> Option<&'static str> {
    of_text(&[title]).or_else(|| {
        let family = profile::family(title);
        let name = OTHER_NAMES.iter().find(|(theirs, _)| *theirs == family).map_or(family, |(_, ours)| ours);
        FAMILIES.iter().map(|(known, _)| *known).find(|known| *known == name)
    })
}

/// The family with most keywords in the texts; the first of equals.
fn of_text(texts: &[&str]) -> Option<&'static str> {
    let texts: Vec<Words> = texts.iter().map(|text| Words::of(text)).collect();
    let hits = |phrases: &[Phrase]| -> usize {
        phrases.iter().filter(|phrase| texts.iter().any(|words| words.has(phrase))).map(Phrase::len).sum()
    };
    let scored = FAMILIES.iter().map(|(name, phrases)| (*name, hits(phrases))).filter(|(_, hits)| *hits > 0);
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(name, _)| name)
}

const LEVELS: [(Level, &[&str]); 4] = [
    (
        Level::Lead,
        &["lead", "principal", "staff", "head", "director", "chief", "vp", "executive", "manager", "c level"],
    ),
    (Level::Senior, &["senior", "sr", "experienced", "expert", "architect", "advanced"]),
    (
        Level::Junior,
        &["junior", "jr", "intern*", "graduate", "entry", "trainee", "apprentice", "beginner", "assistant", "student"],
    ),
    (Level::Middle, &["mid", "middle", "intermediate", "professional", "regular"]),
];

/// The level that the request names, else the title's, else what the years of work suggest.
pub fn level(profile: &Profile, target: &Target) -> Level {
    let years = profile.total_work_years.unwrap_or(0.0);
    named_level(&target.level).or_else(|| named_level(&target.job_title)).unwrap_or(match years {
        y if y < 2.0 => Level::Junior,
        y if y < 6.0 => Level::Middle,
        _ => Level::Senior,
    })
}

fn named_level(text: &str) -> Option<Level> {
    let words = Words::of(text);
    LEVELS.iter().find(|(_, names)| names.iter().any(|name| words.has(&Phrase::new(name)))).map(|(level, _)| *level)
}

#[cfg(test)]
mod tests {
    use super::super::bank::{BANK, Section};
    use super::*;

    #[test]
    fn a_title_has_its_family() {
        for (title, family) in [
            ("Payments Architect", "software"),
            ("Senior Software Engineer", "software"),
            ("Site Reliability Engineer", "devops"),
            ("Data Analyst", "data"),
            ("Registered Nurse", "health"),
            ("Primary School Teacher", "teaching"),
            ("Warehouse Operative", "logistics"),
            ("Sales Assistant", "retail"),
            ("Head Chef", "hospitality"),
            ("Electrician", "trades"),
            ("Customer Support Specialist", "support"),
            ("HR Business Partner", "people"),
            ("Office Manager", "administration"),
            ("Product Manager", "product"),
            ("Projektleiterin", "product"),
        ] {
            let target = Target { job_title: title.into(), ..Target::default() };
            assert_eq!(families(&Profile::default(), &target).first(), Some(&family), "{title}");
        }
    }

    #[test]
    fn every_family_has_questions_and_the_other_way_round() {
        let in_bank = |name: &str| BANK.iter().any(|entry| entry.section == Section::Family(leak(name)));
        for (name, _) in FAMILIES.iter() {
            assert!(in_bank(name), "{name}");
        }
        for entry in BANK.iter() {
            if let Section::Family(family) = entry.section {
                assert!(FAMILIES.iter().any(|(name, _)| *name == family), "{family}");
            }
        }
    }

    fn leak(name: &str) -> &'static str {
        FAMILIES.iter().map(|(known, _)| *known).find(|known| *known == name).unwrap()
    }

    #[test]
    fn the_level_is_named_or_follows_from_the_years() {
        let target =
            |level: &str, title: &str| Target { level: level.into(), job_title: title.into(), ..Target::default() };
        let of = |years: f64, target: &Target| {
            level(&Profile { total_work_years: Some(years), ..Profile::default() }, target)
        };
        assert_eq!(of(0.5, &target("Senior", "")), Level::Senior);
        assert_eq!(of(0.5, &target("", "Head of Sales")), Level::Lead);
        assert_eq!(of(10.0, &target("entry-level", "")), Level::Junior);
        assert_eq!(of(10.0, &target("", "Baker")), Level::Senior);
        assert_eq!(of(3.0, &Target::default()), Level::Middle);
    }
}
