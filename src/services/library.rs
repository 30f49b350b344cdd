//! The library of saved questions: what chat messages are matched with.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::analyses::Analyses;
use super::interview::{bounded, needed, question_number};
use crate::ai::Embedder;
use crate::domain::error::{Error, Result};
use crate::domain::interview::{
    Category, Difficulty, MAX_ANSWER_CHARS, MAX_NAME_CHARS, MAX_QUESTION_CHARS, MAX_TAG_CHARS, MAX_TAGS, Question,
};
use crate::domain::job::Job;
use crate::domain::page::{Page, Slice};
use crate::domain::user::Identity;
use crate::domain::{JobId, UserId};
use crate::store::{Content, NewSaved, Replaced, Saved, SavedFilter, Store, Vector};

/// The longest `question_id`.
const MAX_ID_CHARS: usize = 255;
/// A question is saved without its embedding if the embedder takes longer; it is made later.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often an edit is begun anew because another one came first.
const EDITS: usize = 5;

/// The fields of a saved question as a request gives them. What is missing is not changed, or has its default.
#[derive(Clone, Debug, Default)]
pub struct SavedForm {
    pub question: Option<String>,
    pub answer: Option<String>,
    pub category: Option<String>,
    pub difficulty: Option<String>,
    pub tags: Option<Vec<String>>,
    /// Empty: none.
    pub job_title: Option<String>,
    /// Empty: none.
    pub company: Option<String>,
}

#[derive(Clone)]
pub struct Library {
    store: Store,
    analyses: Analyses,
    embedder: Arc<dyn Embedder>,
}

impl Library {
    pub fn new(store: Store, analyses: Analyses, embedder: Arc<dyn Embedder>) -> Self {
        Self { store, analyses, embedder }
    }

    /// Saves a question of one's own job; its id. 404 `Job not found`; 409 `QUESTION_ALREADY_SAVED`. Category, difficulty and tags
    /// that are not given are those of the generated question, else what the wording suggests, `Medium`, none.
    pub async fn save(&self, user: &Identity, job: JobId, question_id: Option<String>, form: SavedForm) -> Result<i64> {
        let question_id = needed("question_id", question_id, MAX_ID_CHARS)?;
        let text = needed("question", form.question.clone(), MAX_QUESTION_CHARS)?;
        let answer = needed("answer", form.answer.clone(), MAX_ANSWER_CHARS)?;
        let job = self.analyses.own_job(user, job).await?;
        let generated = self.generated(&job, &question_id).await?;
        let mut content = Content {
            question: Question {
                category: generated.as_ref().map_or_else(|| Category::of_wording(&text), |found| found.category),
                difficulty: generated.as_ref().map_or(Difficulty::Medium, |found| found.difficulty),
                tags: generated.map(|found| found.tags).unwrap_or_default(),
                question: text,
                answer,
            },
            job_title: None,
            company: None,
        };
        apply(form, &mut content)?;
        let embedding = self.embedding(&content.question).await;
        let new = NewSaved { user_id: user.user_id, job_id: job.job_id, question_id, content, embedding };
        self.store.save_question(new).await
    }

    async fn generated(&self, job: &Job, question_id: &str) -> Result<Option<Question>> {
        match question_number(question_id) {
            Some(number) => self.store.interview_question(job, number).await,
            None => Ok(None),
        }
    }

    /// The vector of a question with its answer; `None` if the embedder does not give it soon.
    async fn embedding(&self, question: &Question) -> Option<Vector> {
        let saved = [(question.question.clone(), question.answer.clone())];
        let made = tokio::time::timeout(PATIENCE, self.embedder.embed_saved(&saved)).await;
        let vectors = made.map_err(|_| "no answer in time".to_owned()).and_then(|made| made.map_err(|e| e.to_string()));
        match vectors {
            Ok(mut vectors) => vectors.pop().map(|values| Vector { model: self.embedder.model().to_owned(), values }),
            Err(reason) => {
                tracing::warn!(reason, "question saved without embedding");
                None
            }
        }
    }

    /// The saved question of this name, if there is one.
    pub async fn find(&self, user: UserId, job: JobId, question_id: &str) -> Result<Option<i64>> {
        self.store.find_saved(user, job, question_id).await
    }

    /// Newest first.
    pub async fn list(&self, user: UserId, filter: &SavedFilter, page: Page) -> Result<Slice<Saved>> {
        self.store.library(user, filter, page).await
    }

    /// Newest first, after the first `offset`; and how many there are in all.
    pub async fn page(&self, user: UserId, job: Option<JobId>, limit: u64, offset: u64) -> Result<(Vec<Saved>, u64)> {
        let filter = SavedFilter { job_id: job, ..SavedFilter::default() };
        self.store.saved_questions(user, &filter, limit, offset).await
    }

    /// Changes what the form gives. 404 if the user has no such question.
    pub async fn edit(&self, user: UserId, id: i64, form: SavedForm) -> Result<Saved> {
        for _ in 0..EDITS {
            let before = self.get(user, id).await?.content;
            let mut content = before.clone();
            apply(form.clone(), &mut content)?;
            let same_text = (&before.question.question, &before.question.answer)
                == (&content.question.question, &content.question.answer);
            // this may take seconds: another edit that was answered meanwhile must not be undone
            let embedding = if same_text { None } else { self.embedding(&content.question).await };
            match self.store.replace_saved(user, id, &before, content, embedding).await? {
                Replaced::Done => return self.get(user, id).await,
                Replaced::Gone => return Err(not_found()),
                Replaced::Changed => {}
            }
        }
        Err(Error::conflict("EDIT_CONFLICT", "Edited elsewhere", "This question is being edited elsewhere: try again."))
    }

    async fn get(&self, user: UserId, id: i64) -> Result<Saved> {
        self.store.saved_question(user, id).await?.ok_or_else(not_found)
    }

    /// 404 if the user has no such question.
    pub async fn delete(&self, user: UserId, id: i64) -> Result<()> {
        if self.store.delete_saved(user, id).await? { Ok(()) } else { Err(not_found()) }
    }
}

/// A saved question that does not exist for the one who asks.
pub fn not_found() -> Error {
    Error::not_found("QUESTION_NOT_FOUND", "Question not found")
}

/// Writes the fields that are given, each checked.
fn apply(form: SavedForm, content: &mut Content) -> Result<()> {
    let question = &mut content.question;
    if form.question.is_some() {
        question.question = needed("question", form.question, MAX_QUESTION_CHARS)?;
    }
    if form.answer.is_some() {
        question.answer = needed("answer", form.answer, MAX_ANSWER_CHARS)?;
    }
    if let Some(category) = form.category {
        question.category = Category::parse(&category)?;
    }
    if let Some(difficulty) = form.difficulty {
        question.difficulty = Difficulty::parse(&difficulty)?;
    }
    if let Some(given) = form.tags {
        question.tags = tags(&given)?;
    }
    if form.job_title.is_some() {
        content.job_title = bounded("job_title", form.job_title, MAX_NAME_CHARS)?;
    }
    if form.company.is_some() {
        content.company = bounded("company", form.company, MAX_NAME_CHARS)?;
    }
    Ok(())
}

/// Tags as given, without spaces around them, blank ones and repetitions.
fn tags(given: &[String]) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for tag in given.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > MAX_TAG_CHARS {
            return Err(Error::invalid("tags", format!("A tag may have at most {MAX_TAG_CHARS} characters.")));
        }
        if !kept.iter().any(|other| other == tag) {
            kept.push(tag.to_owned());
        }
    }
    if kept.len() > MAX_TAGS {
        return Err(Error::invalid("tags", format!("A question may have at most {MAX_TAGS} tags.")));
    }
    Ok(kept)
}
