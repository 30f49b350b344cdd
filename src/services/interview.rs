//! Interview questions: sets for a candidate and a job, and other answers to single questions.

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::analyses::Analyses;
use crate::ai::{AiError, Embedder, LanguageModel, offline};
use crate::domain::JobId;
use crate::domain::error::{Error, Result};
use crate::domain::interview::{
    AnswerRequest, MAX_ANSWER_CHARS, MAX_NAME_CHARS, MAX_QUESTION_CHARS, MAX_QUESTIONS, Question, SetRequest, Target,
};
use crate::domain::job::Job;
use crate::domain::matching::scale::Scale;
use crate::domain::matching::{Traits, exact_key};
use crate::domain::profile::Profile;
use crate::domain::user::Identity;
use crate::store::{Numbered, Store};

/// Questions of a set when the request does not say how many.
const DEFAULT_QUESTIONS: usize = 10;
/// How often a model is asked for what is missing in a set; then the bank fills it.
const ROUNDS: usize = 3;
/// Questions of earlier sets, and saved ones, the newest of each, that a new set does not repeat.
const REMEMBERED: u64 = 200;
/// Two questions are the same in other words from this similarity on, on the scale whose cut is 0.75.
const SAME: f32 = 0.9;
/// What a client waits if the provider does not say how long.
const RETRY: Duration = Duration::from_secs(10);

/// Refuses a text of more than `max` characters; blank is none.
pub fn bounded(field: &'static str, text: Option<String>, max: usize) -> Result<Option<String>> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    if text.chars().count() > max {
        return Err(Error::invalid(field, format!("{field} may have at most {max} characters.")));
    }
    Ok(Some(text))
}

/// A text that must be there and not blank.
pub fn needed(field: &'static str, text: Option<String>, max: usize) -> Result<String> {
    bounded(field, text, max)?.ok_or_else(|| Error::invalid(field, format!("{field} is required.")))
}

/// The job to prepare for as a request names it.
#[derive(Clone, Debug, Default)]
pub struct TargetForm {
    pub job_title: Option<String>,
    pub level: Option<String>,
    pub company: Option<String>,
    pub job_description: Option<String>,
    pub job_requirements: Option<String>,
}

impl TargetForm {
    /// Checks the lengths.
    pub fn target(self) -> Result<Target> {
        let name = |field, text: Option<String>| {
            bounded(field, text, MAX_NAME_CHARS).map(|text| text.unwrap_or_default().trim().to_owned())
        };
        let long = |field, text| bounded(field, text, MAX_ANSWER_CHARS).map(Option::unwrap_or_default);
        Ok(Target {
            job_title: name("job_title", self.job_title)?,
            level: name("level", self.level)?,
            company: name("company", self.company)?,
            job_description: long("job_description", self.job_description)?,
            job_requirements: long("job_requirements", self.job_requirements)?,
        })
    }
}

/// How many questions a request asks for: 1 to 30, 10 if it does not say.
pub fn question_count(asked: Option<i64>) -> Result<usize> {
    let Some(asked) = asked else { return Ok(DEFAULT_QUESTIONS) };
    let count = usize::try_from(asked).ok().filter(|count| (1..=MAX_QUESTIONS).contains(count));
    count.ok_or_else(|| Error::invalid("num_questions", format!("num_questions must be from 1 to {MAX_QUESTIONS}.")))
}

/// The number of a generated question: 3 for `q3`; `None` for any other id.
pub fn question_number(id: &str) -> Option<i32> {
    let digits = id.strip_prefix('q').filter(|digits| !digits.starts_with(['0', '+', '-']))?;
    digits.parse().ok()
}

#[derive(Clone)]
pub struct Interviews {
    store: Store,
    analyses: Analyses,
    model: Arc<dyn LanguageModel>,
    embedder: Arc<dyn Embedder>,
}

impl Interviews {
    pub fn new(store: Store, analyses: Analyses, model: Arc<dyn LanguageModel>, embedder: Arc<dyn Embedder>) -> Self {
        Self { store, analyses, model, embedder }
    }

    /// A set for one's own completed job. The same request gets the set that it got before. 503 if the AI provider is away.
    pub async fn generate(&self, user: &Identity, job: JobId, target: Target, count: usize) -> Result<Vec<Numbered>> {
        let (job, profile) = self.prepared(user, job).await?;
        let key = request_key(&self.model.name(), &target, count);
        let earlier = self.store.interview_set(&job, &key).await?;
        if !earlier.is_empty() {
            return Ok(earlier);
        }
        let set = self.make_set(&job, &profile, &target, count).await?;
        tracing::info!(job_id = %job.job_id, questions = set.len(), "interview questions made");
        let stored = self.store.store_interview_set(&job, &key, set).await?;
        stored.ok_or_else(|| Error::not_found("JOB_NOT_FOUND", "Job not found").with("job_id", job.job_id.to_string()))
    }

    /// Another answer to a question, which need not be of a set. An answer of a set is replaced.
    pub async fn regenerate(
        &self,
        user: &Identity,
        job: JobId,
        question_id: &str,
        question: String,
        instructions: String,
    ) -> Result<String> {
        let (job, profile) = self.prepared(user, job).await?;
        let number = question_number(question_id);
        let stored = match number {
            Some(number) => self.store.interview_question(&job, number).await?,
            None => None,
        };
        let stored = stored.filter(|stored| exact_key(&stored.question) == exact_key(&question));
        let request = AnswerRequest {
            question,
            category: stored.as_ref().map(|stored| stored.category),
            previous: stored.as_ref().map(|stored| stored.answer.clone()),
            instructions,
        };
        let answer = self.model.regenerate(&profile, &request).await.map_err(|error| away(&error))?;
        let answer = storable(&answer, MAX_ANSWER_CHARS);
        if let (Some(number), Some(_)) = (number, stored) {
            self.store.replace_interview_answer(&job, number, &answer).await?;
        }
        Ok(answer)
    }

    async fn prepared(&self, user: &Identity, job: JobId) -> Result<(Job, Profile)> {
        let result = self.analyses.own_result(user, job).await?;
        Ok((self.analyses.own_job(user, job).await?, result.profile))
    }

    /// Asks the model until the set is complete, leaving out what the candidate has already; what then is missing comes from the
    /// bank, if need be again.
    async fn make_set(&self, job: &Job, profile: &Profile, target: &Target, count: usize) -> Result<Vec<Question>> {
        let mut known = self.known(job).await?;
        let mut set: Vec<Question> = Vec::new();
        for round in 0..ROUNDS {
            let request = SetRequest { target: target.clone(), count: count - set.len(), avoid: known.asked() };
            let drafted = match self.model.questions(profile, &request).await {
                Ok(drafted) => drafted,
                Err(error) if round == 0 => return Err(away(&error)),
                Err(_) => break,
            };
            set.extend(self.new_ones(drafted, &mut known).await.into_iter().take(request.count));
            if set.len() == count {
                return Ok(set);
            }
        }
        for repeat in [false, true] {
            let here = || set.iter().map(|question: &Question| question.question.clone()).collect();
            let avoid = if repeat { here() } else { known.asked() };
            let request = SetRequest { target: target.clone(), count: count - set.len(), avoid };
            set.extend(offline::interview::questions(profile, &request));
        }
        Ok(set)
    }

    async fn known(&self, job: &Job) -> Result<Known> {
        let saved = self.store.saved_vectors(job.user_id, self.embedder.model(), REMEMBERED).await?;
        let asked = self.store.interview_questions_asked(job, REMEMBERED).await?;
        let all = saved.into_iter().chain(asked.into_iter().map(|text| (text, None)));
        Ok(Known { questions: all.map(|(text, vector)| Asked::new(text, vector)).collect(), scale: self.scale() })
    }

    fn scale(&self) -> Scale {
        self.embedder.cut().map_or(Scale::PLAIN, Scale::with_cut)
    }

    /// Those that can be stored and are not asked yet, in no other words either.
    async fn new_ones(&self, drafted: Vec<Question>, known: &mut Known) -> Vec<Question> {
        let drafted: Vec<Question> = drafted.into_iter().filter_map(checked).collect();
        let texts: Vec<String> = drafted.iter().map(|question| question.question.clone()).collect();
        let vectors = self.embedder.embed(&texts).await.unwrap_or_default();
        let mut vectors = vectors.into_iter().map(Some).chain(std::iter::repeat(None));
        drafted.into_iter().filter(|question| known.admits(&question.question, vectors.next().flatten())).collect()
    }
}

/// What the candidate has been asked: by wording, and by meaning where a vector is known.
struct Known {
    questions: Vec<Asked>,
    scale: Scale,
}

struct Asked {
    text: String,
    key: String,
    traits: Traits,
    vector: Option<Vec<f32>>,
}

impl Asked {
    fn new(text: String, vector: Option<Vec<f32>>) -> Self {
        Self { key: exact_key(&text), traits: Traits::of(&text), text, vector }
    }

    /// The same wording, or the same in other words: similar, and no number, technology or negation tells them apart.
    fn is_same(&self, other: &Self, scale: Scale) -> bool {
        let similar = || match (&self.vector, &other.vector) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                scale.similarity(a.iter().zip(b).map(|(x, y)| x * y).sum()) >= SAME
            }
            _ => false,
        };
        self.key == other.key || similar() && self.traits.conflict(&other.traits).is_none()
    }
}

impl Known {
    fn asked(&self) -> Vec<String> {
        self.questions.iter().map(|asked| asked.text.clone()).collect()
    }

    /// Whether a question is new. From then on it is known, so that the model is not asked for it again.
    fn admits(&mut self, text: &str, vector: Option<Vec<f32>>) -> bool {
        let new = Asked::new(text.to_owned(), vector);
        let known = self.questions.iter().any(|asked| asked.is_same(&new, self.scale));
        self.questions.push(new);
        !known
    }
}

/// Without U+0000, which PostgreSQL cannot keep, and no longer than the column.
fn storable(text: &str, max: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(max).collect()
}

fn checked(question: Question) -> Option<Question> {
    let text = question.question.trim().replace('\0', "");
    let usable = !text.is_empty() && text.chars().count() <= MAX_QUESTION_CHARS;
    let tags = question.tags.into_iter().map(|tag| tag.replace('\0', "")).collect();
    usable.then(|| Question { question: text, answer: storable(&question.answer, MAX_ANSWER_CHARS), tags, ..question })
}

/// Tells sets apart: by the model and by everything that the request says.
fn request_key(model: &str, target: &Target, count: usize) -> String {
    hex::encode(&Sha256::digest(serde_json::json!([model, target, count]).to_string())[..16])
}

/// A provider that is away is a 503 that may pass, one that refuses is a 503 until somebody mends the configuration.
pub(super) fn away(error: &AiError) -> Error {
    let wait = match error {
        AiError::Transient { retry_after, .. } => retry_after.unwrap_or(RETRY),
        AiError::Permanent { .. } => RETRY * 6,
    };
    Error::unavailable("AI_UNAVAILABLE", error.to_string(), wait)
}
