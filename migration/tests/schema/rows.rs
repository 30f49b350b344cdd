//! One row for each table: what an instance with one of everything holds.

use std::fmt::Debug;

use entity::*;
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, DatabaseConnection, EntityTrait, IntoActiveModel, prelude::Uuid};
use serde_json::json;
use time::macros::datetime;

/// A customer, who owns nearly everything.
pub const OWNER: i64 = 1;
/// An agent, who read the owner's résumé and talks to the owner.
pub const AGENT: i64 = 2;

pub const JOB: Uuid = Uuid::from_u128(1);
pub const ROOM: Uuid = Uuid::from_u128(2);
pub const MESSAGE: Uuid = Uuid::from_u128(3);
const TOKEN: Uuid = Uuid::from_u128(4);
const FILE: Uuid = Uuid::from_u128(5);

pub fn now() -> Timestamp {
    datetime!(2026-02-03 04:05:06.789 UTC).into()
}

/// Inserts a row and checks that it comes back as it went in.
pub async fn keep<E>(db: &DatabaseConnection, row: E::Model)
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Clone + Debug + PartialEq,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
{
    E::insert(row.clone().into_active_model()).exec(db).await.unwrap();
    let rows = E::find().all(db).await.unwrap();
    assert!(rows.contains(&row), "{row:?} came back as {rows:?}");
}

/// One row in each table, and a second user.
pub async fn keep_all(db: &DatabaseConnection) {
    keep_accounts(db).await;
    keep_uploads(db).await;
    keep_analysis(db).await;
    keep_library(db).await;
    keep_conversations(db).await;
    keep_service(db).await;
}

pub fn user(id: i64, username: &str, role: &str) -> user::Model {
    user::Model {
        id,
        username: username.into(),
        username_key: username.to_lowercase(),
        name: "Jane Doe".into(),
        email: format!("{username}@example.com"),
        email_key: format!("{username}@example.com").to_lowercase(),
        password_hash: "$argon2id$".into(),
        role: role.into(),
        avatar: None,
        away: false,
        disabled: true,
        created_at: now(),
        updated_at: now(),
    }
}

async fn keep_accounts(db: &DatabaseConnection) {
    keep::<user::Entity>(db, user(OWNER, "Jane", "customer")).await;
    keep::<user::Entity>(db, user(AGENT, "Bob", "agent")).await;
    let retired = retired_username::Model { username_key: "eve".into(), retired_at: now() };
    keep::<retired_username::Entity>(db, retired).await;
    let token = token::Model {
        jti: TOKEN,
        user_id: OWNER,
        sid: Uuid::from_u128(6),
        issued_at: now(),
        expires_at: now(),
        revoked_at: None,
        replaced_by: Some(Uuid::from_u128(7)),
        replaced_at: Some(now()),
    };
    keep::<token::Entity>(db, token).await;
    let ticket = ws_ticket::Model { ticket_hash: "0".repeat(64), jti: TOKEN, expires_at: now() };
    keep::<ws_ticket::Entity>(db, ticket).await;
}

async fn keep_uploads(db: &DatabaseConnection) {
    let upload = user_upload::Model {
        id: 1,
        user_id: OWNER,
        file_name: "résumé.pdf".into(),
        mime_type: "application/pdf".into(),
        file_size: 10_485_760,
        sha256: "0".repeat(64),
        linkedin_url: None,
        created_at: now(),
    };
    keep::<user_upload::Entity>(db, upload).await;
    let part = upload_content::Model { upload_id: 1, part: 0, content: vec![0; 262_144] };
    keep::<upload_content::Entity>(db, part).await;
}

async fn keep_analysis(db: &DatabaseConnection) {
    let job = analysis_job::Model {
        id: 1,
        job_id: JOB,
        upload_id: 1,
        user_id: OWNER,
        status: "failed".into(),
        stage: "analyzing".into(),
        attempt: 1,
        tries: 0,
        error_message: Some("Cancelled by user".into()),
        errors: json!([{"attempt": 1}]),
        run_at: now(),
        lease_token: Some(Uuid::from_u128(8)),
        lease_owner: Some(i64::MAX),
        lease_until: Some(now()),
        created_at: now(),
        updated_at: now(),
        completed_at: None,
    };
    keep::<analysis_job::Entity>(db, job).await;
    let text = job_text::Model {
        job_id: 1,
        status: "ok".into(),
        text: "Zoë".into(),
        parse_quality: json!({"pages": 1}),
        created_at: now(),
    };
    keep::<job_text::Entity>(db, text).await;
    let chunk = resume_chunk::Model {
        id: 1,
        job_id: 1,
        user_id: OWNER,
        upload_id: 1,
        ordinal: 0,
        text: "Zoë".into(),
        embedding: Some(vec![0, 255]),
        embedding_model: Some("offline".into()),
        created_at: now(),
    };
    keep::<resume_chunk::Entity>(db, chunk).await;
    let profile = user_profile::Model {
        job_id: 1,
        upload_id: 1,
        user_id: OWNER,
        name: Some("Zoë".into()),
        analyzer: "offline".into(),
        profile: json!({"skills": {"technical": ["Rust"]}}),
        parse_quality: json!({}),
        created_at: now(),
    };
    keep::<user_profile::Entity>(db, profile).await;
    let read = access_log::Model {
        id: 1,
        owner_id: OWNER,
        viewer_id: Some(AGENT),
        job_id: JOB,
        action: "result".into(),
        at: now(),
    };
    keep::<access_log::Entity>(db, read).await;
}

async fn keep_library(db: &DatabaseConnection) {
    let generated = interview_question::Model {
        job_id: 1,
        number: 1,
        request_key: "key".into(),
        question: "Why Rust?".into(),
        answer: "Because.".into(),
        category: "Problem-Solving".into(),
        difficulty: "Medium".into(),
        tags: json!(["rust"]),
        created_at: now(),
    };
    keep::<interview_question::Entity>(db, generated).await;
    keep::<saved_interview_question::Entity>(db, saved_question(1)).await;
    let tag = saved_question_tag::Model { question_id: 1, tag: "rust".into() };
    keep::<saved_question_tag::Entity>(db, tag).await;
}

pub fn saved_question(id: i64) -> saved_interview_question::Model {
    saved_interview_question::Model {
        id,
        user_id: OWNER,
        job_id: Some(JOB),
        question_id: "q1".into(),
        question: "Why Rust?".into(),
        question_key: "why rust".into(),
        answer: "Because.".into(),
        category: "Technical".into(),
        difficulty: "Hard".into(),
        tags: json!(["Rust"]),
        job_title: None,
        company: None,
        embedding: None,
        embedding_model: None,
        created_at: now(),
        updated_at: now(),
    }
}

async fn keep_conversations(db: &DatabaseConnection) {
    let room = conversation::Model {
        id: ROOM,
        kind: "room".into(),
        title: "Kitchen".into(),
        description: Some(String::new()),
        slug: None,
        direct_key: None,
        owner_id: Some(OWNER),
        customer_id: None,
        agent_id: None,
        status: None,
        status_before: None,
        last_seq: 1,
        created_at: now(),
        updated_at: now(),
    };
    keep::<conversation::Entity>(db, room).await;
    let member = conversation_member::Model {
        conversation_id: ROOM,
        user_id: OWNER,
        role: "owner".into(),
        last_read_seq: 0,
        joined_at: now(),
    };
    keep::<conversation_member::Entity>(db, member).await;
    keep::<chat_message::Entity>(db, message(MESSAGE, 1, "Grüße aus dem Archiv")).await;
    let file = attachment::Model {
        id: FILE,
        message_id: MESSAGE,
        mime_type: "audio/ogg".into(),
        size: 2,
        duration_ms: Some(1_500),
        created_at: now(),
    };
    keep::<attachment::Entity>(db, file).await;
    let part = attachment_content::Model { attachment_id: FILE, part: 0, content: vec![1, 2] };
    keep::<attachment_content::Entity>(db, part).await;
    let reaction = reaction::Model { message_id: MESSAGE, user_id: AGENT, emoji: "👍".into(), created_at: now() };
    keep::<reaction::Entity>(db, reaction).await;
}

/// A message of the owner in the room.
pub fn message(id: Uuid, seq: i64, content: &str) -> chat_message::Model {
    chat_message::Model {
        id,
        conversation_id: ROOM,
        seq,
        updated_seq: seq,
        sender_kind: "user".into(),
        sender_id: Some(OWNER),
        client_msg_id: Some(format!("c{seq}")),
        msg_type: "text".into(),
        content: content.into(),
        metadata: Some(json!({"from": "test"})),
        reply_to: None,
        session_id: None,
        edited_at: None,
        deleted_at: None,
        created_at: now(),
        updated_at: now(),
    }
}

async fn keep_service(db: &DatabaseConnection) {
    let answer = idempotency_key::Model {
        user_id: OWNER,
        scope: "scope".into(),
        key: "key".into(),
        request_hash: "hash".into(),
        status: Some(201),
        body: Some(b"{}".to_vec()),
        headers: None,
        created_at: now(),
        expires_at: now(),
    };
    keep::<idempotency_key::Entity>(db, answer).await;
    let loaded = loaded_memory::Model {
        user_id: OWNER,
        job_id: Some(JOB),
        question_limit: 20,
        client_id: "0".repeat(32),
        predecessor: None,
        boot_id: Some(7),
        loaded_at: now(),
    };
    keep::<loaded_memory::Entity>(db, loaded).await;
    let measured = model_calibration::Model { model: "offline".into(), dimension: 256, cut: 0.625, measured_at: now() };
    keep::<model_calibration::Entity>(db, measured).await;
    keep::<deployment::Entity>(db, deployment::Model { id: 1, name: Uuid::from_u128(9) }).await;
}
