//! Interview questions: generate, regenerate, save, check, list, edit, remove.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;

use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::domain::JobId;
use crate::domain::clock::rfc3339;
use crate::domain::error::{Error, Result};
use crate::domain::interview::{Category, Difficulty, MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, Question};
use crate::domain::page::Page;
use crate::services::analyses::parse_job_id;
use crate::services::interview::{TargetForm, bounded, needed, question_count};
use crate::services::library::{SavedForm, not_found};
use crate::state::AppState;
use crate::store::{Numbered, Saved, SavedFilter};

/// The longest `q`, in characters.
const MAX_Q_CHARS: usize = 200;

#[derive(Deserialize)]
pub struct GenerateForm {
    job_id: Option<String>,
    job_title: Option<String>,
    level: Option<String>,
    company: Option<String>,
    target_company: Option<String>,
    job_description: Option<String>,
    job_requirements: Option<String>,
    num_questions: Option<i64>,
}

#[derive(Deserialize)]
pub struct RegenerateForm {
    job_id: Option<String>,
    question_id: Option<String>,
    question: Option<String>,
    instructions: Option<String>,
}

/// To save or to edit; an edit ignores the first two.
#[derive(Deserialize)]
pub struct QuestionForm {
    job_id: Option<String>,
    question_id: Option<String>,
    question: Option<String>,
    answer: Option<String>,
    category: Option<String>,
    difficulty: Option<String>,
    tags: Option<Vec<String>>,
    job_title: Option<String>,
    company: Option<String>,
}

impl From<QuestionForm> for SavedForm {
    fn from(form: QuestionForm) -> Self {
        let QuestionForm { question, answer, category, difficulty, tags, job_title, company, .. } = form;
        Self { question, answer, category, difficulty, tags, job_title, company }
    }
}

/// A question of a set.
#[derive(Serialize)]
struct QuestionView {
    id: String,
    #[serde(flatten)]
    question: Question,
}

impl From<Numbered> for QuestionView {
    fn from(Numbered { number, question }: Numbered) -> Self {
        Self { id: format!("q{number}"), question }
    }
}

/// A row of the library.
#[derive(Serialize)]
struct SavedView {
    id: i64,
    question_id: String,
    #[serde(flatten)]
    question: Question,
    job_title: Option<String>,
    company: Option<String>,
    job_id: Option<JobId>,
    #[serde(with = "rfc3339")]
    saved_at: OffsetDateTime,
}

impl From<Saved> for SavedView {
    fn from(saved: Saved) -> Self {
        Self {
            id: saved.id,
            question_id: saved.question_id,
            question: saved.content.question,
            job_title: saved.content.job_title,
            company: saved.content.company,
            job_id: saved.job_id,
            saved_at: saved.saved_at,
        }
    }
}

/// `POST /api/interview/generate`
pub async fn generate(state: Data<AppState>, caller: Caller, body: Body<GenerateForm>) -> Result<HttpResponse> {
    let form = body.value;
    let job_id = required("job_id", form.job_id)?;
    let count = question_count(form.num_questions)?;
    let company = form.company.filter(|company| !company.trim().is_empty()).or(form.target_company);
    let target = TargetForm {
        job_title: form.job_title,
        level: form.level,
        company,
        job_description: form.job_description,
        job_requirements: form.job_requirements,
    };
    let (job, target) = (parse_job_id(&job_id), target.target()?);
    let job = job?;
    state.limits.expensive(caller.0.user_id)?;
    let questions = state.interviews.generate(&caller.0, job, target, count).await?;
    let questions: Vec<QuestionView> = questions.into_iter().map(QuestionView::from).collect();
    let generated_at = rfc3339::format(state.store.clock().now());
    Ok(HttpResponse::Ok().json(json!({"questions": questions, "job_id": job, "generated_at": generated_at})))
}

/// `POST /api/interview/regenerate-answer`
pub async fn regenerate_answer(
    state: Data<AppState>,
    caller: Caller,
    body: Body<RegenerateForm>,
) -> Result<HttpResponse> {
    let form = body.value;
    let job_id = required("job_id", form.job_id)?;
    let question_id = needed("question_id", form.question_id, 255)?;
    let question = needed("question", form.question, MAX_QUESTION_CHARS)?;
    let instructions = bounded("instructions", form.instructions, MAX_ANSWER_CHARS)?.unwrap_or_default();
    let job = parse_job_id(&job_id)?;
    state.limits.expensive(caller.0.user_id)?;
    let answer = state.interviews.regenerate(&caller.0, job, &question_id, question, instructions).await?;
    let regenerated_at = rfc3339::format(state.store.clock().now());
    Ok(HttpResponse::Ok().json(json!({"question_id": question_id, "answer": answer, "regenerated_at": regenerated_at})))
}

/// `POST /api/interview/save-question`
pub async fn save_question(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<QuestionForm>,
) -> Result<HttpResponse> {
    let Body { value: mut form, raw } = body;
    let job_id = required("job_id", form.job_id.take())?;
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = async move {
        let job = parse_job_id(&job_id)?;
        let id = state.library.save(&caller.0, job, form.question_id.take(), form.into()).await?;
        Ok(HttpResponse::Created()
            .json(json!({"success": true, "message": "Question saved successfully", "saved_question_id": id})))
    };
    idempotent.run(&raw, work).await
}

/// A `job_id` that only narrows one's own rows: what is no id is nobody's, and matches nothing.
pub(super) fn job_filter(text: &str) -> JobId {
    parse_job_id(text).unwrap_or(JobId::nil())
}

/// `GET /api/interview/check-saved`
pub async fn check_saved(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let (job, question) = (params.required("job_id")?, params.required("question_id")?);
    let found = state.library.find(caller.0.user_id, job_filter(job), question).await?;
    Ok(HttpResponse::Ok().json(json!({"saved": found.is_some(), "saved_question_id": found})))
}

/// `GET /api/interview/saved-questions`
pub async fn saved_questions(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let user = params.own_user("auth_user_id", &caller.0)?;
    let limit = Page::new(Some(params.get("limit").unwrap_or("20")), None)?.limit;
    let offset = match params.get("offset").map(str::parse::<u32>) {
        None => 0,
        Some(Ok(offset)) => u64::from(offset),
        Some(Err(_)) => return Err(Error::invalid("offset", "offset must be a whole number from 0 on.")),
    };
    let (saved, total) = state.library.page(user, params.get("job_id").map(job_filter), limit, offset).await?;
    let questions: Vec<SavedView> = saved.into_iter().map(SavedView::from).collect();
    Ok(HttpResponse::Ok().json(json!({"questions": questions, "total": total, "limit": limit, "offset": offset})))
}

/// `GET /api/interview/library`
pub async fn library(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let given = |name: &str| params.get(name).filter(|value| !value.trim().is_empty());
    let tags = given("tags").unwrap_or_default().split(',').map(|tag| tag.trim().to_owned());
    let filter = SavedFilter {
        job_id: given("job_id").map(job_filter),
        category: given("category").map(Category::parse).transpose()?,
        difficulty: given("difficulty").map(Difficulty::parse).transpose()?,
        tags: tags.filter(|tag| !tag.is_empty()).take(50).collect(),
        q: bounded("q", given("q").map(str::to_owned), MAX_Q_CHARS)?,
    };
    let paging = Paging::of("library", &params, &caller.0)?;
    let saved = state.library.list(caller.0.user_id, &filter, paging.page).await?;
    Ok(paging.answer(&request, saved, SavedView::from))
}

fn saved_id(text: &str) -> Result<i64> {
    text.parse().map_err(|_| not_found())
}

/// `PUT /api/interview/saved-questions/{id}`
pub async fn edit_saved(
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    body: Body<QuestionForm>,
) -> Result<HttpResponse> {
    let saved = state.library.edit(caller.0.user_id, saved_id(&id)?, body.value.into()).await?;
    Ok(HttpResponse::Ok().json(SavedView::from(saved)))
}

/// `DELETE /api/interview/saved-questions/{id}`
pub async fn delete_saved(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let id = saved_id(&id)?;
    state.library.delete(caller.0.user_id, id).await?;
    Ok(HttpResponse::Ok().json(json!({"success": true, "message": "Question deleted successfully", "id": id})))
}
