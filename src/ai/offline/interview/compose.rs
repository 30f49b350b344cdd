//! Answers: a frame of sentences (`data/frames.txt`), filled with the approach of the question and the facts of the profile.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::facts::{Facts, Interest, Told};
use super::template::fill;
use super::text::names;
use crate::domain::interview::Category;

/// How much of a frame is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Length {
    Short,
    #[default]
    Ordinary,
    Long,
}

/// How an answer looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub length: Length,
    /// Situation, task, action, result, whatever the category.
    pub star: bool,
    pub bullets: bool,
}

/// What is answered.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub question: &'a str,
    pub category: Category,
    pub approach: &'a str,
    /// A skill of the candidate that the question is about.
    pub skill: Option<&'a str>,
    /// What the question is about and the profile does not show.
    pub wanted: Option<&'a str>,
}

struct Line {
    length: Length,
    text: &'static str,
}

type Frame = Vec<Line>;

/// Frames by the name of their section.
static FRAMES: LazyLock<HashMap<&str, Vec<Frame>>> = LazyLock::new(|| {
    let mut frames: HashMap<&str, Vec<Frame>> = HashMap::new();
    let file = include_str!("data/frames.txt");
    for section in file.split("== ").skip(1) {
        let (name, lines) = section.split_once('\n').unwrap_or_default();
        let paragraphs = lines.split("\n\n").map(|paragraph| paragraph.lines().filter_map(line).collect::<Frame>());
        frames.insert(name, paragraphs.filter(|frame| !frame.is_empty()).collect());
    }
    frames
});

fn line(written: &'static str) -> Option<Line> {
    let text = written.get(2..)?;
    let length = match written.as_bytes().first()? {
        b'!' => Length::Short,
        b'+' => Length::Long,
        _ => Length::Ordinary,
    };
    Some(Line { length, text })
}

fn frames(subject: &Subject, form: Form) -> &'static [Frame] {
    let name = match subject.wanted {
        Some(_) => "Wanted",
        None => subject.category.as_str(),
    };
    let all = FRAMES.get(name).map(Vec::as_slice).unwrap_or_default();
    if form.star { FRAMES.get("Behavioral").and_then(|frames| frames.get(..1)).unwrap_or(all) } else { all }
}

/// The answer in its `turn`-th variant: another frame, other results. Results that were told are preferably not told again, and
/// those that are told now are noted.
pub fn answer(facts: &Facts, subject: &Subject, form: Form, turn: usize, told: &mut Told) -> String {
    let frames = frames(subject, form);
    let Some(frame) = frames.get(turn % frames.len().max(1)) else { return String::new() };
    let interest = Interest { stems: Interest::in_words(subject.question), skill: subject.skill };
    let results = facts.results(&interest, told);
    let chosen = Chosen::choose(facts, subject, &results, turn / frames.len().max(1));
    let lines = frame.iter().filter(|line| line.length <= form.length);
    let sentences: Vec<String> = lines
        .filter_map(|line| fill(line.text, &|slot| chosen.slot(slot)))
        .map(|sentence| sentence.trim().to_owned())
        .filter(|sentence| !sentence.is_empty())
        .collect();
    for said in [chosen.achievement, chosen.result].into_iter().flatten() {
        *told.entry(said.to_owned()).or_default() += 1;
    }
    if form.bullets {
        return sentences.iter().map(|sentence| format!("- {sentence}")).collect::<Vec<_>>().join("\n");
    }
    sentences.join(" ")
}

/// The facts chosen for one answer.
struct Chosen<'a> {
    facts: &'a Facts,
    subject: &'a Subject<'a>,
    /// Index of the position that the answer is about.
    position: usize,
    achievement: Option<&'a str>,
    /// Another one, of the same position, with a number if there is one.
    result: Option<&'a str>,
    /// What would be named after the skill.
    others: Vec<&'a str>,
}

impl<'a> Chosen<'a> {
    fn choose(facts: &'a Facts, subject: &'a Subject<'a>, results: &[(usize, &'a str)], round: usize) -> Self {
        let about = |(_, said): &&(usize, &str)| subject.skill.is_some_and(|skill| names(said, skill));
        let choices = match results.iter().filter(about).count() {
            0 => results.len().min(4),
            some => some,
        };
        let chosen = if choices == 0 { None } else { results.get(round % choices) };
        let with_skill = subject.skill.and_then(|skill| {
            facts.position_with(skill).and_then(|found| facts.positions.iter().position(|p| std::ptr::eq(p, found)))
        });
        let position = chosen.map(|(index, _)| *index).or(with_skill).unwrap_or(0);
        let achievement = chosen.map(|(_, said)| *said);
        let same = |(index, said): &&(usize, &str)| *index == position && Some(*said) != achievement;
        let numbered = |(_, said): &&(usize, &str)| said.contains(|c: char| c.is_ascii_digit());
        let result = results.iter().filter(same).find(numbered).or_else(|| results.iter().find(same));
        let others = facts.technical.iter().map(String::as_str).filter(|own| Some(*own) != subject.skill);
        let others: Vec<&str> = others.cycle().skip(round).take(facts.technical.len().min(3)).collect();
        Self { facts, subject, position, achievement, result: result.map(|(_, said)| *said), others }
    }

    fn slot(&self, name: &str) -> Option<String> {
        let position = self.facts.positions.get(self.position);
        let earlier = self.facts.positions.get(self.position + 1);
        let skilled = self.subject.skill.and_then(|skill| self.facts.position_with(skill));
        match name {
            "approach" => Some(self.subject.approach.to_owned()),
            "achievement" => self.achievement.map(str::to_owned),
            "result" => self.result.map(str::to_owned),
            "role" => position?.role.clone(),
            "employer" => position?.company.clone(),
            "earlier_role" => earlier?.role.clone(),
            "earlier_employer" => earlier?.company.clone(),
            "skill" => self.subject.skill.map(str::to_owned),
            "skill_role" => skilled?.role.clone(),
            "skill_employer" => skilled?.company.clone(),
            "wanted" => self.subject.wanted.map(str::to_owned),
            "others" => list(&self.others.iter().copied().take(2).collect::<Vec<_>>()),
            "skills" => list(&self.others),
            "nearest" => self.subject.skill.map(str::to_owned).or_else(|| self.others.first().map(|s| (*s).to_owned())),
            "soft" => list(&self.facts.soft.iter().map(String::as_str).take(2).collect::<Vec<_>>()),
            "degree" => self.facts.degree.clone(),
            "institution" => self.facts.institution.clone(),
            "certification" => self.facts.certification.clone(),
            "years" => self.facts.years.clone(),
            _ => None,
        }
    }
}

/// "a, b and c"; `None` for nothing.
fn list(items: &[&str]) -> Option<String> {
    match items {
        [] => None,
        [only] => Some((*only).to_owned()),
        [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::Profile;

    #[test]
    fn every_kind_of_answer_has_several_frames_of_balanced_brackets() {
        for name in ["Technical", "Behavioral", "Situational", "Problem-Solving", "Wanted"] {
            let frames = &FRAMES[name];
            assert!(frames.len() >= 3, "{name}");
            for line in frames.iter().flatten() {
                let count = |c: char| line.text.matches(c).count();
                assert_eq!((count('['), count('{')), (count(']'), count('}')), "{}", line.text);
                assert!(!line.text.contains(|c: char| c.is_ascii_digit()), "{}", line.text);
            }
            assert!(frames.iter().all(|frame| frame.iter().any(|line| line.length == Length::Short)));
        }
    }

    #[test]
    fn every_word_can_be_said_aloud() {
        let advice = ["Say", "Add", "Tell", "Name", "Close", "Be", "Begin", "End", "Give", "Mention", "Think", "Use"];
        for line in FRAMES.values().flatten().flatten() {
            for said in line.text.split(['[', '|', ']', ':', '.']).map(str::trim) {
                let first = said.split(' ').next().unwrap_or_default();
                assert!(!advice.contains(&first) && !said.contains("your ") && !said.contains("nterviewer"), "{said}");
            }
        }
    }

    #[test]
    fn an_answer_without_facts_says_how_one_acts() {
        let subject =
            Subject { question: "Why?", category: Category::Behavioral, approach: "I ask.", skill: None, wanted: None };
        let facts = Facts::of(&Profile::default());
        let said = answer(&facts, &subject, Form::default(), 0, &mut Told::new());
        assert_eq!(
            said,
            "Situation: Let me say how I act when this comes up. Task: I make clear to myself first what has to be reached, and by when. \
             Action: I ask. Result: What I look for in the end is something that all those involved can build on."
        );
    }
}
