//! Interview questions by a model: asked for until the set is complete, each answer checked against the profile.

use async_openai::types::chat::ChatCompletionRequestMessage;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    OpenAiModel,
    answer::{self, Fault},
    chat::{Budget, Shape},
    lenient, prompts,
};
use crate::{
    ai::{AiError, grounding::Ground, offline},
    domain::{
        interview::{
            AnswerRequest, Category, Difficulty, MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, MAX_TAG_CHARS, Question,
            SetRequest, Target,
        },
        matching::exact_key,
        profile::Profile,
    },
};

const QUESTIONS: &str = include_str!("prompts/questions.txt");
const ANSWER: &str = include_str!("prompts/interview_answer.txt");

/// Questions of one request: ten with their answers take about 3000 tokens.
const BATCH: usize = 10;
/// Requests beyond those that full batches would take.
const EXTRA_ROUNDS: usize = 2;
/// Tags of a question that are kept.
const MAX_MODEL_TAGS: usize = 8;
/// Questions asked before that the model is told of, the latest.
const TOLD: usize = 60;

/// Exactly `request.count` distinct questions. What the model does not give in a bounded number of requests comes from the bank.
///
/// # Errors
/// Those of the first request; later ones end the asking.
pub(super) async fn questions(
    model: &OpenAiModel,
    profile: &Profile,
    request: &SetRequest,
) -> Result<Vec<Question>, AiError> {
    let mut set: Vec<Question> = Vec::new();
    for _ in 0..request.count.div_ceil(BATCH) + EXTRA_ROUNDS {
        let missing = request.count - set.len();
        if missing == 0 {
            break;
        }
        let avoid = asked(request, &set);
        match ask(model, profile, &request.target, missing.min(BATCH), &avoid).await {
            Ok(drafts) => add(&mut set, drafts, &avoid, missing),
            Err(error) if set.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    for question in &mut set {
        ground(profile, &request.target, question);
    }
    let rest =
        SetRequest { target: request.target.clone(), count: request.count - set.len(), avoid: asked(request, &set) };
    if rest.count > 0 {
        tracing::warn!(missing = rest.count, "interview questions of the model completed from the bank");
        set.extend(offline::interview::questions(profile, &rest));
    }
    Ok(set)
}

fn asked(request: &SetRequest, set: &[Question]) -> Vec<String> {
    request.avoid.iter().chain(set.iter().map(|question| &question.question)).cloned().collect()
}

fn add(set: &mut Vec<Question>, drafts: Vec<Draft>, avoid: &[String], missing: usize) {
    let mut known: Vec<String> = avoid.iter().map(|question| exact_key(question)).collect();
    let mut room = missing;
    for question in drafts.into_iter().filter_map(Draft::question) {
        let key = exact_key(&question.question);
        if room > 0 && !known.contains(&key) {
            known.push(key);
            set.push(question);
            room -= 1;
        }
    }
}

/// An answer with a name, number or technology that neither profile nor question has gives way to the bank's.
fn ground(profile: &Profile, target: &Target, question: &mut Question) {
    let ground = Ground::of(profile, &[&question.question, &target.company, &target.job_title]);
    if question.answer.is_empty() || !ground.holds(&question.answer) {
        let request = AnswerRequest {
            question: question.question.clone(),
            category: Some(question.category),
            ..AnswerRequest::default()
        };
        question.answer = offline::interview::answer(profile, &request);
    }
}

async fn ask(
    model: &OpenAiModel,
    profile: &Profile,
    target: &Target,
    count: usize,
    avoid: &[String],
) -> Result<Vec<Draft>, AiError> {
    let shape = Shape { schema: prompts::questions_schema(), read: read_questions };
    let instructions = QUESTIONS.replace("{count}", &count.to_string());
    let messages = |budget: Budget| -> Vec<ChatCompletionRequestMessage> {
        let part = budget.resume_chars / 6;
        let data = json!({
            "job": {
                "title": target.job_title,
                "level": target.level,
                "company": target.company,
                "description": prompts::clipped(&target.job_description, part),
                "requirements": prompts::clipped(&target.job_requirements, part),
            },
            "profile": told(profile, part * 3),
            "asked_already": avoid.iter().rev().take(TOLD).collect::<Vec<_>>(),
        });
        prompts::interview(&instructions, &data.to_string())
    };
    model.converse(&shape, messages).await
}

/// What the model is told of a candidate: the work, not how to reach the person.
fn told(profile: &Profile, max_chars: usize) -> Value {
    let work = json!({
        "experience": profile.experience,
        "education": profile.education,
        "skills": profile.skills,
        "total_work_years": profile.total_work_years,
        "certifications": profile.certifications,
        "languages": profile.languages,
        "summary": profile.summary,
    });
    let text = work.to_string();
    let kept = prompts::clipped(&text, max_chars);
    if kept.len() < text.len() { kept.into() } else { work }
}

/// Another answer than the present one; the bank's if the model's is not grounded in the profile or is the same.
pub(super) async fn answer(model: &OpenAiModel, profile: &Profile, request: &AnswerRequest) -> Result<String, AiError> {
    let shape = Shape { schema: prompts::answer_schema(), read: read_answer };
    let messages = |budget: Budget| {
        let part = budget.resume_chars / 6;
        let data = json!({
            "question": request.question,
            "present_answer": request.previous.as_deref().map(|text| prompts::clipped(text, part)),
            "wishes": prompts::clipped(&request.instructions, part),
            "profile": told(profile, part * 3),
        });
        prompts::interview(ANSWER, &data.to_string())
    };
    let answer = model.converse(&shape, messages).await?;
    let same = request.previous.as_deref().is_some_and(|previous| previous.trim() == answer);
    if same || !Ground::of(profile, &[&request.question]).holds(&answer) {
        return Ok(offline::interview::answer(profile, request));
    }
    Ok(answer)
}

#[derive(Deserialize)]
struct Drafts {
    #[serde(deserialize_with = "lenient::records")]
    questions: Vec<Draft>,
}

/// A question as models write it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Draft {
    #[serde(deserialize_with = "lenient::text")]
    question: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    category: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    difficulty: Option<String>,
    #[serde(deserialize_with = "lenient::texts")]
    tags: Vec<String>,
    #[serde(deserialize_with = "lenient::lines")]
    answer: Option<String>,
}

impl Draft {
    fn question(self) -> Option<Question> {
        let question = self.question.filter(|text| text.chars().count() <= MAX_QUESTION_CHARS)?;
        let tags = self.tags.into_iter().map(|tag| tag.to_lowercase());
        let tags = tags.filter(|tag| tag.chars().count() <= MAX_TAG_CHARS).take(MAX_MODEL_TAGS).collect();
        Some(Question {
            category: label(self.category, Category::ALL, Category::as_str)
                .unwrap_or_else(|| Category::of_wording(&question)),
            difficulty: label(self.difficulty, Difficulty::ALL, Difficulty::as_str).unwrap_or(Difficulty::Medium),
            tags,
            answer: prompts::clipped(self.answer.unwrap_or_default().trim(), MAX_ANSWER_CHARS).to_owned(),
            question,
        })
    }
}

/// `problem solving`, `Behavioural` and the like.
fn label<T: Copy, const N: usize>(written: Option<String>, all: [T; N], name: fn(T) -> &'static str) -> Option<T> {
    let letters = |text: &str| text.to_lowercase().replace("iour", "ior").replace(|c: char| !c.is_alphabetic(), "");
    let written = letters(&written?);
    all.into_iter().find(|value| letters(name(*value)) == written)
}

fn read_questions(content: &str) -> Result<Vec<Draft>, Fault> {
    let object = answer::object(content, &["questions"])?;
    Drafts::deserialize(Value::Object(object)).map(|drafts| drafts.questions).map_err(Fault::new)
}

fn read_answer(content: &str) -> Result<String, Fault> {
    let object = answer::object(content, &["answer"])?;
    let answer = object.get("answer").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if answer.is_empty() {
        Err(Fault::new("its answer is empty"))
    } else {
        Ok(prompts::clipped(answer, MAX_ANSWER_CHARS).to_owned())
    }
}
