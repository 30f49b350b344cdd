//! What a candidate wants of another answer, as far as words in the instructions tell.

use super::compose::{Form, Length};
use super::facts::Facts;
use super::text::{Phrase, Words, names};
use super::wanted;

const SHORTER: &[&str] = &["short*", "brief*", "concise*", "less", "cut", "trim*", "succinct*", "kurz*", "kürzer*"];
const LONGER: &[&str] =
    &["long*", "more detail*", "detail*", "elaborate*", "extend*", "expand*", "in depth", "länger*", "ausführlich*"];
const STAR: &[&str] = &["star", "situation task action result", "star method", "star format"];
const BULLETS: &[&str] = &["bullet*", "bullet points", "a list", "as list", "stichpunkte*"];

#[derive(Debug, Default)]
pub struct Wishes {
    pub form: Form,
    /// A skill of the candidate to dwell on.
    pub focus: Option<String>,
    /// Something to dwell on that the profile does not show.
    pub missing: Option<String>,
}

impl Wishes {
    pub fn of(instructions: &str, facts: &Facts) -> Self {
        let words = Words::of(instructions);
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| words.has(&Phrase::new(phrase)));
        let length = match (has(SHORTER), has(LONGER)) {
            (true, false) => Length::Short,
            (false, true) => Length::Long,
            _ => Length::Ordinary,
        };
        let own = facts.technical.iter().chain(&facts.soft).find(|skill| names(instructions, skill)).cloned();
        let missing = wanted::technologies(instructions).into_iter().find(|name| !facts.know(name));
        Self { form: Form { length, star: has(STAR), bullets: has(BULLETS) }, focus: own, missing }
    }

    /// Whether an answer is as long as it was asked to be, compared with the present one.
    pub fn fits(&self, answer: &str, previous: &str) -> bool {
        match self.form.length {
            Length::Short => answer.len() < previous.len(),
            Length::Ordinary => true,
            Length::Long => answer.len() > previous.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::{Profile, Skills};

    #[test]
    fn wishes_are_read_from_ordinary_sentences() {
        let skills = Skills { technical: vec!["PostgreSQL".into(), "Go".into()], soft: vec![] };
        let facts = Facts::of(&Profile { skills, ..Profile::default() });
        let wishes = |text: &str| Wishes::of(text, &facts);
        assert_eq!(wishes("Make it shorter, please.").form.length, Length::Short);
        assert_eq!(wishes("Give me more details").form.length, Length::Long);
        assert!(wishes("Use the STAR method").form.star && wishes("as bullet points").form.bullets);
        assert_eq!(wishes("Focus on postgresql").focus.as_deref(), Some("PostgreSQL"));
        assert_eq!(wishes("Mention Kubernetes").missing.as_deref(), Some("Kubernetes"));
        assert_eq!(wishes("go on").focus, None);
    }
}
