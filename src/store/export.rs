//! Everything stored about one user, as JSON, page by page: what an export of the account is made of.

use entity::{
    Timestamp, access_log, analysis_job, attachment, chat_message, conversation, conversation_member,
    interview_question, job_text, loaded_memory, reaction, resume_chunk, saved_interview_question, token, user_profile,
    user_upload,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Store, db};
use crate::domain::UserId;
use crate::domain::error::Result;

/// Rows of one page. A text may have some 100 KB.
const PAGE: u64 = 20;

/// What an export consists of: one JSON array each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Uploads,
    Jobs,
    Texts,
    Chunks,
    Profiles,
    Questions,
    Library,
    Memory,
    Conversations,
    Messages,
    Attachments,
    Reactions,
    AccessLog,
    Sessions,
}

impl Part {
    pub const ALL: [Self; 14] = [
        Self::Uploads,
        Self::Jobs,
        Self::Texts,
        Self::Chunks,
        Self::Profiles,
        Self::Questions,
        Self::Library,
        Self::Memory,
        Self::Conversations,
        Self::Messages,
        Self::Attachments,
        Self::Reactions,
        Self::AccessLog,
        Self::Sessions,
    ];

    /// Its file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Uploads => "uploads.json",
            Self::Jobs => "jobs.json",
            Self::Texts => "texts.json",
            Self::Chunks => "chunks.json",
            Self::Profiles => "profiles.json",
            Self::Questions => "interview_questions.json",
            Self::Library => "library.json",
            Self::Memory => "memory.json",
            Self::Conversations => "conversations.json",
            Self::Messages => "messages.json",
            Self::Attachments => "attachments.json",
            Self::Reactions => "reactions.json",
            Self::AccessLog => "access_log.json",
            Self::Sessions => "sessions.json",
        }
    }
}

/// Rows of one page where each is small.
const MANY: u64 = 500;

/// A row of an export.
pub type Entry = Value;

fn at(time: Timestamp) -> Option<String> {
    time.format(&Rfc3339).ok()
}

impl Store {
    /// Some rows of a part, in a fixed order: those after the first `offset`, of which `last` is the last; none past the end.
    pub async fn export_page(&self, user: UserId, part: Part, offset: u64, last: Option<&Entry>) -> Result<Vec<Entry>> {
        match part {
            Part::Uploads => self.exported_uploads(user, offset).await,
            Part::Jobs => self.exported_jobs(user, offset).await,
            Part::Texts => self.exported_texts(user, offset).await,
            Part::Chunks => self.exported_chunks(user, offset).await,
            Part::Profiles => self.exported_profiles(user, offset).await,
            Part::Questions => self.exported_questions(user, offset).await,
            Part::Library => self.exported_library(user, offset).await,
            Part::Memory => self.exported_memory(user, offset).await,
            Part::Conversations => self.exported_conversations(user, offset).await,
            Part::Messages => self.exported_messages(user, last).await,
            Part::Attachments => self.exported_attachments(user, last).await,
            Part::Reactions => self.exported_reactions(user, offset).await,
            Part::AccessLog => self.exported_access_log(user, offset).await,
            Part::Sessions => self.exported_sessions(user, offset).await,
        }
    }

    async fn exported_uploads(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use user_upload::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::Id);
        let rows = query.offset(offset).limit(PAGE).all(&self.read).await.map_err(db)?;
        let entry = |row: user_upload::Model| {
            json!({"id": row.id, "file_name": row.file_name, "mime_type": row.mime_type, "file_size": row.file_size,
                "sha256": row.sha256, "linkedin_url": row.linkedin_url, "created_at": at(row.created_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_jobs(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use analysis_job::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::Id);
        let rows = query.offset(offset).limit(PAGE).all(&self.read).await.map_err(db)?;
        let entry = |row: analysis_job::Model| {
            json!({"job_id": row.job_id, "upload_id": row.upload_id, "status": row.status, "stage": row.stage,
                "attempt": row.attempt, "error_message": row.error_message, "errors": row.errors,
                "created_at": at(row.created_at), "updated_at": at(row.updated_at),
                "completed_at": row.completed_at.and_then(at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_texts(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use job_text::{Column, Entity};
        let query = Entity::find().find_also_related(analysis_job::Entity);
        let query = query.filter(analysis_job::Column::UserId.eq(user)).order_by_asc(Column::JobId);
        let rows = query.offset(offset).limit(PAGE).all(&self.read).await.map_err(db)?;
        let entry = |(row, job): (job_text::Model, Option<analysis_job::Model>)| {
            json!({"job_id": job.map(|job| job.job_id), "text": row.text, "parse_quality": row.parse_quality,
                "created_at": at(row.created_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// Without their embeddings, which say nothing to a person.
    async fn exported_chunks(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use resume_chunk::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::Id);
        let rows = query.offset(offset).limit(PAGE).all(&self.read).await.map_err(db)?;
        let entry = |row: resume_chunk::Model| {
            json!({"upload_id": row.upload_id, "ordinal": row.ordinal, "text": row.text,
                "embedding_model": row.embedding_model, "created_at": at(row.created_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_profiles(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use user_profile::{Column, Entity};
        let query = Entity::find().find_also_related(analysis_job::Entity).filter(Column::UserId.eq(user));
        let query = query.order_by_asc(Column::JobId).offset(offset).limit(PAGE);
        let rows = query.all(&self.read).await.map_err(db)?;
        let entry = |(row, job): (user_profile::Model, Option<analysis_job::Model>)| {
            json!({"job_id": job.map(|job| job.job_id), "upload_id": row.upload_id, "analyzer": row.analyzer,
                "profile": row.profile, "parse_quality": row.parse_quality, "created_at": at(row.created_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_questions(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use interview_question::{Column, Entity};
        let query = Entity::find().find_also_related(analysis_job::Entity);
        let query = query.filter(analysis_job::Column::UserId.eq(user));
        let query = query.order_by_asc(Column::JobId).order_by_asc(Column::Number).offset(offset).limit(PAGE);
        let rows = query.all(&self.read).await.map_err(db)?;
        let entry = |(row, job): (interview_question::Model, Option<analysis_job::Model>)| {
            json!({"job_id": job.map(|job| job.job_id), "question_id": format!("q{}", row.number),
                "question": row.question, "answer": row.answer, "category": row.category,
                "difficulty": row.difficulty, "tags": row.tags, "created_at": at(row.created_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_library(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use saved_interview_question::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::Id);
        let rows = query.offset(offset).limit(PAGE).all(&self.read).await.map_err(db)?;
        let entry = |row: saved_interview_question::Model| {
            json!({"id": row.id, "job_id": row.job_id, "question_id": row.question_id, "question": row.question,
                "answer": row.answer, "category": row.category, "difficulty": row.difficulty, "tags": row.tags,
                "job_title": row.job_title, "company": row.company, "created_at": at(row.created_at),
                "updated_at": at(row.updated_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_memory(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use loaded_memory::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user));
        let rows = query.offset(offset).limit(PAGE).all(&self.read).await.map_err(db)?;
        let entry = |row: loaded_memory::Model| json!({"job_id": row.job_id, "limit": row.question_limit, "loaded_at": at(row.loaded_at)});
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_conversations(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use conversation_member::{Column, Entity};
        let query = Entity::find().find_also_related(conversation::Entity).filter(Column::UserId.eq(user));
        let query = query.order_by_asc(Column::ConversationId).offset(offset).limit(MANY);
        let rows = query.all(&self.read).await.map_err(db)?;
        let entry = |(row, of): (conversation_member::Model, Option<conversation::Model>)| {
            json!({"id": row.conversation_id, "kind": of.as_ref().map(|of| &of.kind),
                "title": of.as_ref().map(|of| &of.title), "status": of.as_ref().map(|of| &of.status),
                "role": row.role, "last_read_seq": row.last_read_seq, "joined_at": at(row.joined_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// What they wrote, then what the assistant answered them.
    async fn exported_messages(&self, user: UserId, last: Option<&Entry>) -> Result<Vec<Entry>> {
        let answered = last.filter(|row| row["sender"] == "assistant").and_then(|row| row["seq"].as_i64());
        let mut rows = match answered {
            Some(_) => Vec::new(),
            None => written(user, id_of(last, "id")).all(&self.read).await.map_err(db)?,
        };
        if rows.is_empty() {
            rows = answers(user, answered.unwrap_or(0)).all(&self.read).await.map_err(db)?;
        }
        let entry = |row: chat_message::Model| {
            json!({"id": row.id, "conversation_id": row.conversation_id, "seq": row.seq, "sender": row.sender_kind,
                "msg_type": row.msg_type, "content": row.content, "metadata": row.metadata,
                "reply_to": row.reply_to, "session_id": row.session_id, "created_at": at(row.created_at),
                "edited_at": row.edited_at.and_then(at), "deleted_at": row.deleted_at.and_then(at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// A message has one at most.
    async fn exported_attachments(&self, user: UserId, last: Option<&Entry>) -> Result<Vec<Entry>> {
        let rows = attached(user, id_of(last, "message_id")).all(&self.read).await.map_err(db)?;
        let entry = |row: attachment::Model| {
            json!({"id": row.id, "message_id": row.message_id, "mime_type": row.mime_type, "size": row.size,
                "duration_ms": row.duration_ms, "created_at": at(row.created_at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_reactions(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use reaction::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user));
        let query = query.order_by_asc(Column::MessageId).order_by_asc(Column::Emoji).offset(offset).limit(MANY);
        let rows = query.all(&self.read).await.map_err(db)?;
        let entry = |row: reaction::Model| json!({"message_id": row.message_id, "emoji": row.emoji, "created_at": at(row.created_at)});
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_access_log(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use access_log::{Column, Entity};
        let query = Entity::find().filter(Column::OwnerId.eq(user)).order_by_asc(Column::Id);
        let rows = query.offset(offset).limit(MANY).all(&self.read).await.map_err(db)?;
        let entry = |row: access_log::Model| json!({"at": at(row.at), "viewer_id": row.viewer_id, "job_id": row.job_id, "action": row.action});
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn exported_sessions(&self, user: UserId, offset: u64) -> Result<Vec<Entry>> {
        use token::{Column, Entity};
        let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::IssuedAt);
        let rows = query.order_by_asc(Column::Jti).offset(offset).limit(MANY).all(&self.read).await.map_err(db)?;
        let entry = |row: token::Model| {
            json!({"session": row.sid, "issued_at": at(row.issued_at), "expires_at": at(row.expires_at),
                "revoked_at": row.revoked_at.and_then(at)})
        };
        Ok(rows.into_iter().map(entry).collect())
    }
}

fn id_of(row: Option<&Entry>, field: &str) -> Option<Uuid> {
    row.and_then(|row| Uuid::try_parse(row[field].as_str()?).ok())
}

/// Messages of a user after one of them: those before cost nothing.
pub(super) fn written(user: UserId, after: Option<Uuid>) -> Select<chat_message::Entity> {
    use chat_message::{Column, Entity};
    let query = Entity::find().filter(Column::SenderId.eq(user)).order_by_asc(Column::Id).limit(PAGE);
    if let Some(after) = after { query.filter(Column::Id.gt(after)) } else { query }
}

/// What the assistant answered in somebody's conversation with it, after one place there.
pub(super) fn answers(user: UserId, after: i64) -> Select<chat_message::Entity> {
    use chat_message::{Column, Entity};
    let theirs = conversation::Entity::find()
        .select_only()
        .column(conversation::Column::Id)
        .filter(conversation::Column::Kind.eq("assistant"))
        .filter(conversation::Column::OwnerId.eq(user));
    Entity::find()
        .filter(Expr::col(Column::ConversationId).eq(Expr::SubQuery(None, Box::new(theirs.into_query().into()))))
        .filter(Column::Seq.gt(after))
        .filter(Column::SenderKind.eq("assistant"))
        .order_by_asc(Column::Seq)
        .limit(PAGE)
}

/// Files of a user's messages, after that of one of them.
pub(super) fn attached(user: UserId, after: Option<Uuid>) -> Select<attachment::Entity> {
    use chat_message::Column;
    let query = attachment::Entity::find().inner_join(chat_message::Entity).filter(Column::SenderId.eq(user));
    let query = query.order_by_asc(Column::Id).limit(MANY);
    if let Some(after) = after { query.filter(Column::Id.gt(after)) } else { query }
}
