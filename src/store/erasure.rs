//! Erasing an account: everything that is only theirs goes, in one transaction; what they said to others stays, from nobody.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::Serialize;
use uuid::Uuid;

use super::sql::Sql;
use super::{Backend, Store, db, persistently};
use crate::domain::error::{Error, Result};
use crate::domain::{ConversationId, UserId};

/// How many rows of each kind were erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub uploads: u64,
    /// Those of uploads and of messages, with their bytes.
    pub files: u64,
    pub jobs: u64,
    pub texts: u64,
    pub chunks: u64,
    pub profiles: u64,
    /// Questions generated for jobs.
    pub questions: u64,
    /// Saved questions.
    pub library: u64,
    /// Those in which nobody else takes part.
    pub conversations: u64,
    pub messages: u64,
    pub reactions: u64,
    pub access_log: u64,
    /// What was last loaded into the memory of a socket.
    pub memories: u64,
    pub sessions: u64,
}

/// What came of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub erased: Erased,
    /// Messages that stay in conversations of others, from a "deleted user".
    pub kept_messages: u64,
    /// The tokens that count no more.
    pub tokens: Vec<Uuid>,
}

/// Conversations in which nobody but `$1` takes part; channels and the global one are everybody's.
const ALONE: &str = "SELECT m.conversation_id FROM conversation_members m
    JOIN conversations c ON c.id = m.conversation_id AND c.kind IN ('assistant', 'direct', 'room', 'support')
    WHERE m.user_id = $1
    AND NOT EXISTS (SELECT 1 FROM conversation_members o
        WHERE o.conversation_id = m.conversation_id AND o.user_id <> $1)";
/// Conversations in which `$1` is named or has left something. They are locked in the order in which the ledger locks them.
const TOUCHED: &str = "owner_id = $1 OR customer_id = $1 OR agent_id = $1
    OR id IN (SELECT conversation_id FROM conversation_members WHERE user_id = $1)
    OR id IN (SELECT conversation_id FROM chat_messages WHERE sender_id = $1)
    OR id IN (SELECT m.conversation_id FROM reactions r JOIN chat_messages m ON m.id = r.message_id WHERE r.user_id = $1)";
const JOBS: &str = "SELECT id FROM analysis_jobs WHERE user_id = $1";

/// One statement after the other for one user, who is `$1` in all of them.
struct Eraser<'a> {
    txn: &'a DatabaseTransaction,
    user: UserId,
}

impl Eraser<'_> {
    /// `text` is never anything that came from outside. Gives how many rows were touched.
    async fn run(&self, text: &str) -> Result<u64> {
        let statement = Sql::about(text, self.user).statement(self.txn.get_database_backend());
        Ok(self.txn.execute_raw(statement).await.map_err(db)?.rows_affected())
    }

    async fn ids(&self, text: &str) -> Result<Vec<Uuid>> {
        let statement = Sql::about(text, self.user).statement(self.txn.get_database_backend());
        let rows = self.txn.query_all_raw(statement).await.map_err(db)?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(db)).collect()
    }

    /// Jobs first, their rows locked: a worker that steps now is waited for, one that steps later finds nothing.
    async fn analyses(&self, erased: &mut Erased) -> Result<()> {
        erased.chunks = self.run(&format!("DELETE FROM resume_chunks WHERE job_id IN ({JOBS})")).await?;
        erased.profiles = self.run(&format!("DELETE FROM user_profile WHERE job_id IN ({JOBS})")).await?;
        erased.texts = self.run(&format!("DELETE FROM job_texts WHERE job_id IN ({JOBS})")).await?;
        erased.questions = self.run(&format!("DELETE FROM interview_questions WHERE job_id IN ({JOBS})")).await?;
        erased.jobs = self.run("DELETE FROM analysis_jobs WHERE user_id = $1").await?;
        erased.uploads = self.run("DELETE FROM user_uploads WHERE user_id = $1").await?;
        erased.library = self.run("DELETE FROM saved_interview_questions WHERE user_id = $1").await?;
        Ok(())
    }

    async fn conversations(&self, erased: &mut Erased) -> Result<()> {
        let theirs = "DELETE FROM attachments WHERE message_id IN (SELECT id FROM chat_messages WHERE sender_id = $1)";
        erased.files = erased.uploads + self.run(theirs).await?;
        erased.messages = self.run(&format!("DELETE FROM chat_messages WHERE conversation_id IN ({ALONE})")).await?;
        erased.conversations = self.run(&format!("DELETE FROM conversations WHERE id IN ({ALONE})")).await?;
        erased.reactions = self.run("DELETE FROM reactions WHERE user_id = $1").await?;
        Ok(())
    }
}

impl Store {
    /// Erases an account; its name is never given again. 409 for the last super-agent.
    pub async fn erase_user(&self, user: UserId) -> Result<Erasure> {
        persistently(|| self.try_to_erase(user)).await
    }

    async fn try_to_erase(&self, user: UserId) -> Result<Erasure> {
        let txn = self.begin().await?;
        let eraser = Eraser { txn: &txn, user };
        let mut erased = Erased::default();
        if self.backend() == Backend::Postgres {
            // on SQLite there is one writer anyway
            eraser.run("SELECT id FROM analysis_jobs WHERE user_id = $1 ORDER BY id FOR UPDATE").await?;
            eraser.run(&format!("SELECT id FROM conversations WHERE {TOUCHED} ORDER BY id FOR UPDATE")).await?;
        }
        eraser.analyses(&mut erased).await?;
        eraser.conversations(&mut erased).await?;
        self.keep_a_super_agent(user, &txn).await?;
        let kept_messages =
            eraser.run("UPDATE chat_messages SET sender_id = NULL, client_msg_id = NULL WHERE sender_id = $1").await?;
        self.touch_conversations(&eraser).await?;
        erased.access_log = eraser.run("DELETE FROM access_log WHERE owner_id = $1").await?;
        erased.memories = eraser.run("DELETE FROM loaded_memories WHERE user_id = $1").await?;
        let tokens = eraser.ids("SELECT jti FROM tokens WHERE user_id = $1").await?;
        erased.sessions = eraser.run("DELETE FROM tokens WHERE user_id = $1").await?;
        self.retire_name(&eraser).await?;
        if eraser.run("DELETE FROM users WHERE id = $1").await? == 0 {
            return Err(Error::not_found("USER_NOT_FOUND", "User not found"));
        }
        txn.commit().await.map_err(db)?;
        Ok(Erasure { erased, kept_messages, tokens })
    }

    /// Their list of members changes: caches of it are told by this time.
    async fn touch_conversations(&self, eraser: &Eraser<'_>) -> Result<()> {
        let mut sql = Sql::about("UPDATE conversations SET updated_at = ", eraser.user);
        sql.bind(entity::Timestamp::from(self.clock.now()));
        sql.push(" WHERE kind IN ('direct', 'room', 'support')");
        sql.push(" AND id IN (SELECT conversation_id FROM conversation_members WHERE user_id = $1)");
        eraser.txn.execute_raw(sql.statement(eraser.txn.get_database_backend())).await.map_err(db)?;
        Ok(())
    }

    async fn retire_name(&self, eraser: &Eraser<'_>) -> Result<()> {
        let mut sql =
            Sql::about("INSERT INTO retired_usernames (username_key, retired_at) SELECT username_key, ", eraser.user);
        sql.bind(entity::Timestamp::from(self.clock.now()));
        if self.backend() == Backend::Postgres {
            sql.push("::timestamptz");
        }
        sql.push(" FROM users WHERE id = $1");
        eraser.txn.execute_raw(sql.statement(eraser.txn.get_database_backend())).await.map_err(db)?;
        Ok(())
    }

    /// What somebody must leave in order before they go: their rooms, and the support chats that they opened and that are
    /// still active.
    pub async fn open_ends(&self, user: UserId) -> Result<(Vec<ConversationId>, Vec<ConversationId>)> {
        let rooms = "SELECT c.id FROM conversations c JOIN conversation_members m ON m.conversation_id = c.id
            WHERE c.kind = 'room' AND m.user_id = $1 ORDER BY c.id";
        let chats = "SELECT id FROM conversations WHERE kind = 'support' AND status = 'active' AND customer_id = $1
            ORDER BY id";
        Ok((self.conversation_ids(rooms, user).await?, self.conversation_ids(chats, user).await?))
    }

    async fn conversation_ids(&self, text: &str, user: UserId) -> Result<Vec<ConversationId>> {
        let statement = Sql::about(text, user).statement(self.read.get_database_backend());
        let rows = self.read.query_all_raw(statement).await.map_err(db)?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(db)).collect()
    }
}
