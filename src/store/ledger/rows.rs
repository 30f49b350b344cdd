//! What a batch writes at its end: messages in a few statements, however many they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use entity::{Timestamp, attachment, attachment_content};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, Statement, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::attachments::PART_BYTES;
use super::super::db;
use super::super::sql::placeholder;
use crate::domain::change::Attachment;
use crate::domain::error::Result;
use crate::domain::message::{Message, Sender};
use crate::domain::{ConversationId, MessageId, UserId};

/// Rows collected by a batch.
#[derive(Default)]
pub(super) struct Rows {
    pub messages: Vec<(Arc<Message>, Option<String>)>,
    pub attachments: Vec<(MessageId, Attachment)>,
    /// The latest `seq` of each conversation that got one. In the order of ids, as rows are locked.
    pub seqs: BTreeMap<ConversationId, i64>,
    /// How far somebody has read, and the role of their row if there is none yet.
    pub reads: HashMap<(ConversationId, UserId), (i64, &'static str)>,
}

/// Statements are made for these numbers of rows only, so that the database keeps them prepared.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

/// `(…), (…)` with so many rows of so many values.
fn values(rows: usize, columns: usize, unnamed: bool) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row > 0 { ", (" } else { "(" });
        for column in 0..columns {
            text.push_str(if column > 0 { ", " } else { "" });
            placeholder(&mut text, row * columns + column + 1, unnamed);
        }
        text.push(')');
    }
    text
}

/// One kind of statement for each number of rows, on each database.
struct Prepared {
    columns: usize,
    before: &'static str,
    after: &'static str,
    texts: [[OnceLock<String>; CHUNKS.len()]; 2],
}

impl Prepared {
    const fn new(columns: usize, before: &'static str, after: &'static str) -> Self {
        Self { columns, before, after, texts: [const { [const { OnceLock::new() }; CHUNKS.len()] }; 2] }
    }

    /// Runs the statement with all rows, whose values follow each other.
    async fn run(&self, conn: &impl ConnectionTrait, mut bound: Vec<Value>) -> Result<()> {
        let backend = conn.get_database_backend();
        let unnamed = backend == DbBackend::Sqlite;
        let texts = &self.texts[usize::from(unnamed)];
        while !bound.is_empty() {
            let rows = bound.len() / self.columns;
            let chunk = CHUNKS.iter().position(|&size| size <= rows).unwrap_or(CHUNKS.len() - 1);
            let text = texts[chunk]
                .get_or_init(|| [self.before, &values(CHUNKS[chunk], self.columns, unnamed), self.after].concat());
            let rest = bound.split_off((CHUNKS[chunk] * self.columns).min(bound.len()));
            let statement = Statement::from_sql_and_values(backend, text, bound);
            conn.execute_raw(statement).await.map_err(db)?;
            bound = rest;
        }
        Ok(())
    }
}

static MESSAGES: Prepared = Prepared::new(
    14,
    "INSERT INTO chat_messages (id, conversation_id, seq, updated_seq, sender_kind, sender_id, client_msg_id, msg_type,
     content, metadata, reply_to, session_id, created_at, updated_at) VALUES ",
    "",
);

static SEQS: Prepared = Prepared::new(
    2,
    "UPDATE conversations SET last_seq = v.column2 FROM (VALUES ",
    ") AS v WHERE conversations.id = v.column1",
);

static READS: Prepared = Prepared::new(
    5,
    "INSERT INTO conversation_members (conversation_id, user_id, role, last_read_seq, joined_at) VALUES ",
    " ON CONFLICT (conversation_id, user_id) DO UPDATE SET last_read_seq = excluded.last_read_seq
      WHERE excluded.last_read_seq > conversation_members.last_read_seq",
);

impl Rows {
    pub async fn write(self, conn: &impl ConnectionTrait, now: OffsetDateTime) -> Result<()> {
        MESSAGES.run(conn, self.messages.iter().flat_map(message_values).collect()).await?;
        for (message, attachment) in self.attachments {
            write_attachment(conn, message, attachment, now).await?;
        }
        SEQS.run(conn, self.seqs.into_iter().flat_map(|(id, seq)| [id.into(), seq.into()]).collect()).await?;
        let read = |((conversation, user), (seq, role)): ((Uuid, UserId), (i64, &'static str))| {
            [conversation.into(), user.into(), role.into(), seq.into(), Timestamp::from(now).into()]
        };
        READS.run(conn, self.reads.into_iter().flat_map(read).collect()).await
    }
}

fn message_values((message, client_msg_id): &(Arc<Message>, Option<String>)) -> [Value; 14] {
    let kind = match message.sender {
        Sender::User(_) | Sender::Deleted => "user",
        Sender::Assistant => "assistant",
        Sender::System => "system",
    };
    [
        message.id.into(),
        message.conversation_id.into(),
        message.seq.into(),
        message.updated_seq.into(),
        kind.into(),
        message.sender.id().into(),
        client_msg_id.clone().into(),
        message.msg_type.as_str().into(),
        message.content.as_str().into(),
        message.metadata.clone().into(),
        message.reply_to.into(),
        message.session_id.clone().into(),
        Timestamp::from(message.created_at).into(),
        Timestamp::from(message.updated_at).into(),
    ]
}

async fn write_attachment(
    conn: &impl ConnectionTrait,
    message: MessageId,
    file: Attachment,
    now: OffsetDateTime,
) -> Result<()> {
    let id = Uuid::now_v7();
    let row = attachment::ActiveModel {
        id: Set(id),
        message_id: Set(message),
        mime_type: Set(file.mime_type),
        size: Set(i64::try_from(file.bytes.len()).unwrap_or(i64::MAX)),
        duration_ms: Set(file.duration_ms),
        created_at: Set(now.into()),
    };
    attachment::Entity::insert(row).exec_without_returning(conn).await.map_err(db)?;
    for (part, bytes) in (0..).zip(file.bytes.chunks(PART_BYTES as usize)) {
        let row =
            attachment_content::ActiveModel { attachment_id: Set(id), part: Set(part), content: Set(bytes.to_vec()) };
        attachment_content::Entity::insert(row).exec_without_returning(conn).await.map_err(db)?;
    }
    Ok(())
}
