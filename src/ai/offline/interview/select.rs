//! Choosing questions: candidates from the bank for this person and this job, a mix of categories and difficulties for the
//! level, and a seed so that two people are not asked the same and one person is.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::bank::{BANK, Entry, Section};
use super::facts::Facts;
use super::role::{self, Level};
use super::template::fill;
use super::text::{names, stems};
use super::wanted;
use crate::domain::interview::{Category, Difficulty, SetRequest, Target};
use crate::domain::matching::exact_key;
use crate::domain::profile::Profile;

/// Skills of the candidate that questions are made of.
const MAX_SKILLS: usize = 12;

/// A question of the bank, filled for this request.
pub struct Candidate {
    pub entry: &'static Entry,
    pub question: String,
    pub skill: Option<String>,
    pub wanted: Option<String>,
    key: String,
    score: f64,
    /// Names the company or the title.
    names_company: bool,
    names_title: bool,
}

/// Exactly `request.count` questions, from easy to hard; fewer only if the bank holds no others than those to avoid.
pub fn select(profile: &Profile, facts: &Facts, request: &SetRequest) -> Vec<Candidate> {
    let level = role::level(profile, &request.target);
    let mut pool = candidates(profile, facts, request);
    pool.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
    let mut set = Mix::new(
        level,
        request.count,
        pool.iter().any(|c| c.entry.category == Category::Technical && c.entry.section != Section::Generic),
    );
    let mut chosen: Vec<Candidate> = Vec::new();
    while chosen.len() < request.count {
        let Some(at) = next(&pool, &set, &chosen, &request.target) else { break };
        let candidate = pool.remove(at);
        set.take(candidate.entry.category, candidate.entry.difficulty);
        pool.retain(|other| other.key != candidate.key);
        chosen.push(candidate);
    }
    chosen.sort_by_key(|candidate| candidate.entry.difficulty);
    chosen
}

/// The best candidate for the place that is most wanting: category before difficulty, a new question before one in other words.
fn next(pool: &[Candidate], set: &Mix, chosen: &[Candidate], target: &Target) -> Option<usize> {
    let fresh = |c: &Candidate| !chosen.iter().any(|other| std::ptr::eq(other.entry, c.entry));
    let names_target = |c: &Candidate| {
        (target.company.is_empty() || c.names_company) && (target.job_title.is_empty() || c.names_title)
    };
    if chosen.is_empty() && !(target.company.is_empty() && target.job_title.is_empty()) {
        let about = pool.iter().position(|c| fresh(c) && names_target(c));
        if about.is_some() {
            return about;
        }
    }
    let others = |same: &dyn Fn(&Candidate) -> bool| chosen.iter().filter(|other| same(other)).count();
    let repeats = |c: &Candidate| {
        c.skill.is_some() && others(&|other| other.skill == c.skill) > 1
            || c.wanted.is_some() && others(&|other| other.wanted == c.wanted) > 0
    };
    for category in set.categories() {
        for difficulty in set.difficulties() {
            let fits = |c: &Candidate| c.entry.category == category && c.entry.difficulty == difficulty;
            let found = pool.iter().position(|c| fresh(c) && fits(c) && !repeats(c));
            if found.is_some() {
                return found;
            }
        }
    }
    pool.iter().position(fresh).or(if pool.is_empty() { None } else { Some(0) })
}

/// What a set still wants of each category and difficulty.
struct Mix {
    categories: Vec<(Category, f64)>,
    difficulties: Vec<(Difficulty, f64)>,
}

impl Mix {
    fn new(level: Level, count: usize, technical: bool) -> Self {
        let shares = match (level, technical) {
            (Level::Lead, _) => [0.25, 0.35, 0.2, 0.2],
            (_, true) => [0.4, 0.25, 0.2, 0.15],
            (_, false) => [0.25, 0.35, 0.25, 0.15],
        };
        let hardness = match level {
            Level::Junior => [0.5, 0.4, 0.1],
            Level::Middle => [0.25, 0.55, 0.2],
            Level::Senior => [0.1, 0.45, 0.45],
            Level::Lead => [0.05, 0.35, 0.6],
        };
        let count = count as f64;
        Self {
            categories: Category::ALL.into_iter().zip(shares.map(|share| share * count)).collect(),
            difficulties: Difficulty::ALL.into_iter().zip(hardness.map(|share| share * count)).collect(),
        }
    }

    fn take(&mut self, category: Category, difficulty: Difficulty) {
        self.categories.iter_mut().filter(|(other, _)| *other == category).for_each(|(_, left)| *left -= 1.0);
        self.difficulties.iter_mut().filter(|(other, _)| *other == difficulty).for_each(|(_, left)| *left -= 1.0);
    }

    fn categories(&self) -> Vec<Category> {
        by_need(&self.categories)
    }

    fn difficulties(&self) -> Vec<Difficulty> {
        by_need(&self.difficulties)
    }
}

fn by_need<T: Copy>(wanting: &[(T, f64)]) -> Vec<T> {
    let mut sorted = wanting.to_vec();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    sorted.into_iter().map(|(what, _)| what).collect()
}

/// The bank, filled for this request, without what is to be avoided.
fn candidates(profile: &Profile, facts: &Facts, request: &SetRequest) -> Vec<Candidate> {
    let pool = Pool::of(profile, facts, request);
    let avoid: HashSet<String> = request.avoid.iter().map(|question| exact_key(question)).collect();
    let filled = BANK.iter().flat_map(|entry| pool.fillings(entry));
    let mut by_key: HashMap<String, Candidate> = HashMap::new();
    for candidate in filled.filter(|candidate| !avoid.contains(&candidate.key)) {
        let key = candidate.key.clone();
        if by_key.get(&key).is_none_or(|other| other.score < candidate.score) {
            by_key.insert(key, candidate);
        }
    }
    by_key.into_values().collect()
}

/// Everything that candidates are made of and measured by.
struct Pool<'a> {
    facts: &'a Facts,
    target: &'a Target,
    families: Vec<&'static str>,
    /// Skills that the job asks for and the candidate has.
    met: Vec<String>,
    /// Further skills of the candidate, in the order of the résumé.
    skills: Vec<String>,
    /// What the job asks for and the candidate does not name.
    wanted: Vec<String>,
    words: HashSet<String>,
    seed: [u8; 32],
}

impl<'a> Pool<'a> {
    fn of(profile: &Profile, facts: &'a Facts, request: &'a SetRequest) -> Self {
        let target = &request.target;
        let asked = format!("{}\n{}\n{}", target.job_title, target.job_description, target.job_requirements);
        let usable = facts.technical.iter().filter(|skill| skill.chars().count() <= 40);
        let (met, skills): (Vec<String>, Vec<String>) = usable.cloned().partition(|skill| names(&asked, skill));
        let wanted = wanted::asked_for(&asked).into_iter().filter(|skill| !facts.know(skill)).take(5).collect();
        let mut words = stems(&asked);
        words.extend(profile.skills.technical.iter().flat_map(|skill| stems(skill)));
        Self {
            facts,
            target,
            families: role::families(profile, target),
            met: met.into_iter().take(MAX_SKILLS).collect(),
            skills: skills.into_iter().take(MAX_SKILLS).collect(),
            wanted,
            words,
            seed: seed(profile, request),
        }
    }

    fn fillings(&self, entry: &'static Entry) -> Vec<Candidate> {
        let one = |skill: &String| self.fill(entry, Some(skill), None, None);
        match entry.section {
            Section::Skill => self.met.iter().chain(&self.skills).filter_map(one).collect(),
            Section::Met => self.met.iter().filter_map(one).collect(),
            Section::Wanted => {
                self.wanted.iter().filter_map(|wanted| self.fill(entry, None, None, Some(wanted))).collect()
            }
            Section::Pair => {
                let all: Vec<&String> = self.met.iter().chain(&self.skills).collect();
                all.windows(2).filter_map(|pair| self.fill(entry, Some(pair[0]), Some(pair[1]), None)).collect()
            }
            Section::Family(family) if !self.families.contains(&family) => Vec::new(),
            Section::Generic | Section::Family(_) => self.fill(entry, None, None, None).into_iter().collect(),
        }
    }

    fn fill(
        &self,
        entry: &'static Entry,
        skill: Option<&String>,
        skill2: Option<&String>,
        wanted: Option<&String>,
    ) -> Option<Candidate> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let role = || self.facts.positions.first().and_then(|position| position.role.clone());
        let question = fill(entry.question, &|slot| match slot {
            "skill" => skill.cloned(),
            "skill2" => skill2.cloned(),
            "wanted" => wanted.cloned(),
            "title" => given(&self.target.job_title),
            "a_title" => given(&self.target.job_title).map(|title| with_article(&title)),
            "company" => given(&self.target.company),
            "role" => role(),
            _ => None,
        })?;
        let has = |text: &str| !text.is_empty() && question.contains(text);
        let (names_company, names_title) = (has(&self.target.company), has(&self.target.job_title));
        let key = exact_key(&question);
        let mut candidate = Candidate {
            entry,
            question,
            skill: skill.cloned(),
            wanted: wanted.cloned(),
            key,
            score: 0.0,
            names_company,
            names_title,
        };
        self.judge(&mut candidate);
        Some(candidate)
    }

    fn judge(&self, candidate: &mut Candidate) {
        let place = candidate.skill.as_ref().and_then(|skill| self.skills.iter().position(|own| own == skill));
        let nearness = match candidate.entry.section {
            Section::Wanted => 8.0,
            Section::Met => 8.0,
            Section::Skill | Section::Pair => 5.0 - place.map_or(-2.0, |place| place as f64 * 0.25),
            Section::Generic => 2.5,
            Section::Family(family) => match self.families.iter().position(|own| *own == family) {
                Some(0) => 6.0,
                _ => 3.0,
            },
        };
        let tags = candidate.entry.tag_stems.iter().filter(|stems| !stems.is_disjoint(&self.words)).count().min(2);
        let named = f64::from(candidate.names_company) + f64::from(candidate.names_title);
        candidate.score = nearness + tags as f64 + named + 4.0 * self.chance(&candidate.key);
    }

    /// From 0 to 1, the same for the same request, profile and question.
    fn chance(&self, key: &str) -> f64 {
        let digest = Sha256::new().chain_update(self.seed).chain_update(key).finalize();
        f64::from(u16::from_be_bytes([digest[0], digest[1]])) / f64::from(u16::MAX)
    }
}

fn with_article(title: &str) -> String {
    let vowel = title.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']);
    let article = if vowel && !title.starts_with("Uni") { "an" } else { "a" };
    format!("{article} {title}")
}

/// What request and profile have in them that should change the choice.
fn seed(profile: &Profile, request: &SetRequest) -> [u8; 32] {
    let jobs: Vec<_> = profile.experience.iter().map(|job| (&job.company, &job.role, &job.start)).collect();
    let about = serde_json::json!([profile.name, profile.email, profile.skills, jobs, request.target]);
    Sha256::digest(about.to_string()).into()
}
