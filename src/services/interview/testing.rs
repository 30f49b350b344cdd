//! A user with a completed analysis, and a model and an embedder that follow a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ai::{AiError, Embedder, LanguageModel};
use crate::domain::document::ParseQuality;
use crate::domain::event::Event;
use crate::domain::interview::{AnswerRequest, Category, Difficulty, Question, SetRequest};
use crate::domain::job::Job;
use crate::domain::profile::{Experience, Profile};
use crate::domain::user::{Identity, Role};
use crate::domain::{JobId, UserId};
use crate::services::analyses::{Analyses, Dispatch};
use crate::store::StoredProfile;
use crate::store::testing::World;

struct Nobody;

impl Dispatch for Nobody {
    fn publish(&self, _: Event) {}
    fn wake(&self) {}
    fn stop(&self, _: JobId) {}
}

pub fn analyses(world: &World) -> Analyses {
    Analyses::new(world.store.clone(), Arc::new(Nobody))
}

pub fn identity(user_id: UserId) -> Identity {
    let expires_at = OffsetDateTime::UNIX_EPOCH;
    Identity { user_id, username: "x".into(), role: Role::Customer, sid: Uuid::nil(), jti: Uuid::nil(), expires_at }
}

pub async fn completed_job(world: &World) -> Job {
    let job = world.start().await;
    let lease = world.claim().await;
    let work = Experience { company: Some("Initrode".into()), role: Some("Engineer".into()), ..Experience::default() };
    let found = StoredProfile {
        profile: Profile { experience: vec![work], ..Profile::default() },
        analyzer: "offline".into(),
        parse_quality: ParseQuality::default(),
        created_at: world.clock.now(),
    };
    world.store.store_profile(&lease, &found).await.unwrap();
    world.fetch(&job).await
}

pub fn question(text: &str) -> Question {
    let (category, difficulty) = (Category::Behavioral, Difficulty::Hard);
    Question { question: text.into(), category, difficulty, tags: vec!["t".into()], answer: format!("Answer: {text}") }
}

/// Gives these sets in turn, then fails; notes what it was asked for.
#[derive(Default)]
pub struct Script {
    pub sets: Mutex<VecDeque<Vec<&'static str>>>,
    pub requests: Mutex<Vec<SetRequest>>,
    pub answers: Mutex<Vec<AnswerRequest>>,
}

impl LanguageModel for Script {
    fn name(&self) -> String {
        "script".into()
    }

    fn profile<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Profile, AiError>> {
        Box::pin(async { Ok(Profile::default()) })
    }

    fn questions<'a>(
        &'a self,
        _: &'a Profile,
        request: &'a SetRequest,
    ) -> BoxFuture<'a, Result<Vec<Question>, AiError>> {
        self.requests.lock().unwrap().push(request.clone());
        let set = self.sets.lock().unwrap().pop_front();
        let away = AiError::Transient { message: "The provider is away.".into(), retry_after: None };
        Box::pin(async move { set.map(|texts| texts.into_iter().map(question).collect()).ok_or(away) })
    }

    fn regenerate<'a>(&'a self, _: &'a Profile, request: &'a AnswerRequest) -> BoxFuture<'a, Result<String, AiError>> {
        self.answers.lock().unwrap().push(request.clone());
        Box::pin(async { Ok("Another\0 answer.".into()) })
    }
}

/// Texts with the same first word have the same vector; fails if `broken`.
pub struct FirstWord {
    pub broken: bool,
}

impl Embedder for FirstWord {
    fn model(&self) -> &str {
        "first-word"
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        let vector = |text: &String| {
            let mut vector = vec![0.0; 256];
            let first = text.split(' ').next().unwrap_or_default();
            vector[first.bytes().fold(0_u8, u8::wrapping_add) as usize] = 1.0;
            vector
        };
        let vectors = texts.iter().map(vector).collect();
        let broken = self.broken;
        Box::pin(
            async move { if broken { Err(AiError::Permanent { message: "No key.".into() }) } else { Ok(vectors) } },
        )
    }
}
