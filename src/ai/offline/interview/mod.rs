//! Interview questions without a model: a bank of questions chosen for the person and the job, answers from the profile's facts.
//!
//! `bank` holds the questions, `role` tells family and level, `wanted` what a job asks for, `select` chooses, `facts` is what may be said,
//! `compose` says it, `wishes` reads what a candidate wants of another answer. The same request gives the same set.

mod bank;
mod compose;
mod facts;
mod role;
mod select;
mod template;
mod text;
mod wanted;
mod wishes;

use bank::{BANK, Entry};
use compose::{Form, Subject};
use facts::{Facts, Told};
use select::Candidate;

use crate::domain::interview::{AnswerRequest, Category, MAX_TAG_CHARS, Question, SetRequest};
use crate::domain::profile::Profile;

/// How much of a bank question's meaning must stand in another wording for its approach to be the answer's.
const SAME_MATTER: f64 = 0.5;
/// What is advised where the bank knows nothing nearer.
const APPROACH: &str = "I say first what I have understood of the question, then what I would do or have done, and end with what came of it.";

/// `request.count` distinct questions with answers, from easy to hard.
pub fn questions(profile: &Profile, request: &SetRequest) -> Vec<Question> {
    let facts = Facts::of(profile);
    let mut told = Told::new();
    let chosen = select::select(profile, &facts, request);
    chosen.into_iter().enumerate().map(|(turn, candidate)| question(&facts, candidate, turn, &mut told)).collect()
}

fn question(facts: &Facts, candidate: Candidate, turn: usize, told: &mut Told) -> Question {
    let Candidate { entry, question, skill, wanted, .. } = candidate;
    let subject = Subject {
        question: &question,
        category: entry.category,
        approach: entry.approach,
        skill: skill.as_deref(),
        wanted: wanted.as_deref(),
    };
    // behavioral answers come in STAR form; the others take turns
    let turn = if entry.category == Category::Behavioral { 0 } else { turn };
    let answer = compose::answer(facts, &subject, Form::default(), turn, told);
    Question {
        answer,
        category: entry.category,
        difficulty: entry.difficulty,
        tags: tags(entry, skill, wanted),
        question,
    }
}

fn tags(entry: &Entry, skill: Option<String>, wanted: Option<String>) -> Vec<String> {
    let own = entry.tags.iter().map(|tag| (*tag).to_owned());
    let about = skill.into_iter().chain(wanted).map(|name| name.to_lowercase());
    let mut tags: Vec<String> = Vec::new();
    for tag in about.chain(own).filter(|tag| tag.chars().count() <= MAX_TAG_CHARS) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// An answer to any question, other than `request.previous`, as the instructions ask as far as rules can tell.
pub fn answer(profile: &Profile, request: &AnswerRequest) -> String {
    let facts = Facts::of(profile);
    let wishes = wishes::Wishes::of(&request.instructions, &facts);
    let entry = nearest(&request.question);
    let category = request.category.or(entry.map(|entry| entry.category));
    let named = wishes.focus.clone().or_else(|| skill_in(&facts, &request.question));
    let missing = wishes.missing.clone().or_else(|| missing_in(&facts, &request.question)).filter(|_| named.is_none());
    let subject = Subject {
        question: &format!("{} {}", request.question, request.instructions),
        category: category.unwrap_or_else(|| Category::of_wording(&request.question)),
        approach: entry.map_or(APPROACH, |entry| entry.approach),
        skill: named.as_deref(),
        wanted: missing.as_deref(),
    };
    let variant = |turn: usize| compose::answer(&facts, &subject, wishes.form, turn, &mut Told::new());
    // With no present answer at hand, what a set would say first is taken for it.
    let previous = request.previous.clone().unwrap_or_else(|| variant(0));
    let fits = |said: &String| *said != previous && wishes.fits(said, &previous);
    let others = || (1..=12).map(variant);
    others()
        .find(fits)
        .or_else(|| others().find(|said| *said != previous))
        .unwrap_or_else(|| format!("In short: {previous}"))
}

/// The question of the bank that asks about the same matter.
fn nearest(question: &str) -> Option<&'static Entry> {
    let asked = text::stems(question);
    let share = |entry: &&'static Entry| {
        let own = &entry.question_stems;
        own.intersection(&asked).count() as f64 / own.union(&asked).count().max(1) as f64
    };
    BANK.iter().max_by(|a, b| share(a).total_cmp(&share(b))).filter(|best| share(best) >= SAME_MATTER)
}

fn skill_in(facts: &Facts, question: &str) -> Option<String> {
    facts.technical.iter().chain(&facts.soft).find(|skill| text::names(question, skill)).cloned()
}

fn missing_in(facts: &Facts, question: &str) -> Option<String> {
    wanted::technologies(question).into_iter().find(|name| !facts.know(name))
}

#[cfg(test)]
mod tests;
