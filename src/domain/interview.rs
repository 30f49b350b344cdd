//! Interview questions: what one is, what a set of them is asked for, and how an answer is asked for again.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};

/// The most questions of one set.
pub const MAX_QUESTIONS: usize = 30;
/// Longest texts, in Unicode scalar values (contract, section 4).
pub const MAX_QUESTION_CHARS: usize = 2_000;
pub const MAX_ANSWER_CHARS: usize = 20_000;
/// Of a job title, a company, a level.
pub const MAX_NAME_CHARS: usize = 200;
pub const MAX_TAGS: usize = 20;
pub const MAX_TAG_CHARS: usize = 50;

/// What a question tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Category {
    Technical,
    Behavioral,
    Situational,
    #[serde(rename = "Problem-Solving")]
    ProblemSolving,
}

/// How experienced one must be for a question: Easy at entry level, Hard for seniors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Difficulty {
    Easy,
    Medium,
    Hard,
}

impl Category {
    pub const ALL: [Self; 4] = [Self::Technical, Self::Behavioral, Self::Situational, Self::ProblemSolving];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Technical => "Technical",
            Self::Behavioral => "Behavioral",
            Self::Situational => "Situational",
            Self::ProblemSolving => "Problem-Solving",
        }
    }

    /// Reads a category as the contract writes it.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|category| category.as_str() == text);
        found.ok_or_else(|| {
            Error::invalid("category", "category must be Technical, Behavioral, Situational or Problem-Solving.")
        })
    }

    /// The category that the wording of an English question suggests; `Technical` if it suggests none.
    pub fn of_wording(question: &str) -> Self {
        let question = question.to_lowercase();
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| question.contains(phrase));
        if has(&[
            "tell me about a",
            "describe a time",
            "describe a situation",
            "give an example",
            "have you ever",
            "why do you",
            "your greatest",
            "your biggest",
        ]) {
            Self::Behavioral
        } else if has(&[
            "what would you do",
            "how would you handle",
            "how would you react",
            "imagine",
            "suppose",
            "what if",
            "how do you react",
        ]) {
            Self::Situational
        } else if has(&["how many", "estimate", "how would you find out", "how would you solve", "work out", "puzzle"])
        {
            Self::ProblemSolving
        } else {
            Self::Technical
        }
    }
}

impl Difficulty {
    pub const ALL: [Self; 3] = [Self::Easy, Self::Medium, Self::Hard];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Easy => "Easy",
            Self::Medium => "Medium",
            Self::Hard => "Hard",
        }
    }

    /// Reads a difficulty as the contract writes it.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|difficulty| difficulty.as_str() == text);
        found.ok_or_else(|| Error::invalid("difficulty", "difficulty must be Easy, Medium or Hard."))
    }
}

/// A question with the answer that the candidate's profile gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    pub question: String,
    pub category: Category,
    pub difficulty: Difficulty,
    /// At most 20, each of at most 50 characters.
    pub tags: Vec<String>,
    pub answer: String,
}

/// The job that a candidate prepares for. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Target {
    pub job_title: String,
    /// As people say it: `Senior`, `entry level`.
    pub level: String,
    pub company: String,
    pub job_description: String,
    pub job_requirements: String,
}

/// What a set of questions is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetRequest {
    pub target: Target,
    /// 1 to 30.
    pub count: usize,
    /// Questions that the candidate has already; none of them is asked again.
    pub avoid: Vec<String>,
}

/// What another answer is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerRequest {
    pub question: String,
    /// `None` if only the wording can tell.
    pub category: Option<Category>,
    /// The present answer, if it is known: the new one must differ.
    pub previous: Option<String>,
    /// The candidate's wishes: shorter, longer, STAR, a skill to dwell on.
    pub instructions: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_and_difficulties_are_read_as_they_are_written() {
        for category in Category::ALL {
            assert_eq!(Category::parse(category.as_str()).ok(), Some(category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.as_str());
        }
        for difficulty in Difficulty::ALL {
            assert_eq!(Difficulty::parse(difficulty.as_str()).ok(), Some(difficulty));
        }
        assert_eq!(Category::parse("technical").unwrap_err().field.as_deref(), Some("category"));
        assert_eq!(Difficulty::parse("Brutal").unwrap_err().field.as_deref(), Some("difficulty"));
    }

    #[test]
    fn the_wording_tells_the_category() {
        for (question, category) in [
            ("Tell me about a time you failed.", Category::Behavioral),
            ("What would you do if a deploy fails?", Category::Situational),
            ("How many taxis are in Rome?", Category::ProblemSolving),
            ("What is an index?", Category::Technical),
        ] {
            assert_eq!(Category::of_wording(question), category, "{question}");
        }
    }
}
