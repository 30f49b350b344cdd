//! Frames of a client of the native protocol: their form is checked here.

use std::borrow::Cow;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::Malformed;
use crate::domain::change::{Draft, Scope, Target, Wish};
use crate::domain::command::{Command, Frame, Token};
use crate::domain::error::{Error, Kind};
use crate::domain::message::{self, MAX_CLIENT_MSG_ID, MAX_CONTENT, MessageType};
use crate::domain::user::UserRef;

/// Bytes of an `id` or `sessionId`: they are only repeated.
pub(super) const MAX_ECHO: usize = 256;

type Object = Map<String, Value>;

pub(in super::super) fn decode(text: &str) -> Result<Frame, Malformed> {
    let object: Object = serde_json::from_str(text).map_err(|_| Malformed {
        error: malformed("A frame must be a JSON object such as {\"type\":\"ping\"}."),
        reference: None,
    })?;
    let reference = reference(&object);
    match command(&object) {
        Ok(command) => Ok(Frame { reference, command }),
        Err(error) => Err(Malformed { error, reference }),
    }
}

/// The client's name for a frame: its `id`, else its `client_msg_id`.
fn reference(object: &Object) -> Option<Value> {
    let repeatable = |value: &&Value| match value {
        Value::String(text) => text.len() <= MAX_ECHO,
        other => other.is_number(),
    };
    let named = |field| object.get(field).filter(repeatable).cloned();
    named("id").or_else(|| named("client_msg_id"))
}

fn command(object: &Object) -> Result<Command, Error> {
    match object.get("type").and_then(Value::as_str) {
        Some("auth") => Ok(Command::Authenticate { token: Token(text(object, "token")?.to_owned()) }),
        Some("ping") => Ok(Command::Ping),
        Some("message") => ask(object),
        Some("subscribe") => Ok(Command::Subscribe {
            conversation: uuid(object, "conversation_id")?,
            after_seq: optional_seq(object, "after_seq")?,
        }),
        Some("unsubscribe") => Ok(Command::Unsubscribe { conversation: uuid(object, "conversation_id")? }),
        Some("send") => send(object).map(Command::Change),
        Some("edit") => edit(object).map(Command::Change),
        Some("delete") => {
            Ok(Command::Change(Wish::Delete { message: uuid(object, "message_id")?, scope: Scope::Any }))
        }
        Some("react") => react(object).map(Command::Change),
        Some("read") => read(object).map(Command::Change),
        Some("typing") => Ok(Command::Type {
            conversation: uuid(object, "conversation_id")?,
            typing: optional_flag(object, "typing")?
                .ok_or_else(|| malformed("typing is missing: it must be true or false.").field("typing"))?,
        }),
        _ => Err(malformed(
            "A frame must have a type: auth, ping, message, subscribe, unsubscribe, send, edit, delete, react, typing or read.",
        )
        .field("type")),
    }
}

fn ask(object: &Object) -> Result<Command, Error> {
    let content = content(object)?;
    optional_text(object, "timestamp")?;
    optional_text(object, "msg_type")?;
    let session_id = optional_text(object, "sessionId")?;
    if session_id.is_some_and(|id| id.len() > MAX_ECHO) {
        return Err(malformed(format!("sessionId must have at most {MAX_ECHO} bytes.")).field("sessionId"));
    }
    Ok(Command::Ask { content, session_id: session_id.map(str::to_owned) })
}

fn send(object: &Object) -> Result<Wish, Error> {
    let name = text(object, "client_msg_id")?;
    if name.is_empty() || name.chars().count() > MAX_CLIENT_MSG_ID {
        return Err(malformed("client_msg_id must have 1 to 64 characters.").field("client_msg_id"));
    }
    Ok(Wish::Post(Draft {
        msg_type: msg_type(object)?,
        reply_to: optional_uuid(object, "reply_to")?,
        metadata: metadata(object)?,
        client_msg_id: Some(name.to_owned()),
        ..Draft::text(target(object)?, content(object)?)
    }))
}

fn target(object: &Object) -> Result<Target, Error> {
    let user = match object.get("to_user_id") {
        None | Some(Value::Null) => return Ok(Target::Conversation(uuid(object, "conversation_id")?)),
        Some(Value::String(text)) if !text.is_empty() && !text.contains('\0') => UserRef::parse(text),
        Some(Value::Number(number)) if number.is_i64() => UserRef::Id(number.as_i64().unwrap_or_default()),
        Some(_) => return Err(malformed("to_user_id must be a user's id or username.").field("to_user_id")),
    };
    if !matches!(object.get("conversation_id"), None | Some(Value::Null)) {
        return Err(malformed("Send to conversation_id or to to_user_id, not to both.").field("to_user_id"));
    }
    Ok(Target::User { user, field: "to_user_id" })
}

fn msg_type(object: &Object) -> Result<MessageType, Error> {
    let Some(text) = optional_text(object, "msg_type")? else { return Ok(MessageType::Text) };
    MessageType::parse(text)
        .ok_or_else(|| malformed("msg_type must be text, image, audio, video, file or system.").field("msg_type"))
}

fn metadata(object: &Object) -> Result<Option<Value>, Error> {
    let Some(value) = object.get("metadata").filter(|value| !value.is_null()) else { return Ok(None) };
    message::metadata(value).map_err(as_malformed)?;
    if value.to_string().contains("\\u0000") {
        return Err(malformed("metadata must not contain the character U+0000.").field("metadata"));
    }
    Ok(Some(value.clone()))
}

fn edit(object: &Object) -> Result<Wish, Error> {
    Ok(Wish::Edit { message: uuid(object, "message_id")?, content: content(object)?, scope: Scope::Any })
}

fn react(object: &Object) -> Result<Wish, Error> {
    let emoji = text(object, "emoji")?;
    message::emoji(emoji).map_err(as_malformed)?;
    let remove = optional_flag(object, "remove")?.unwrap_or(false);
    Ok(Wish::React { message: uuid(object, "message_id")?, emoji: emoji.to_owned(), remove })
}

fn read(object: &Object) -> Result<Wish, Error> {
    let seq = optional_seq(object, "seq")?
        .ok_or_else(|| malformed("seq is missing: it must be a whole number from 0.").field("seq"))?;
    Ok(Wish::MarkRead { conversation: uuid(object, "conversation_id")?, seq })
}

pub(in super::super) fn content(object: &Object) -> Result<String, Error> {
    let content = text(object, "content")?;
    message::content(content)
        .map_err(|_| malformed(format!("content must have 1 to {MAX_CONTENT} characters.")).field("content"))?;
    Ok(content.to_owned())
}

pub(in super::super) fn uuid(object: &Object, field: &'static str) -> Result<Uuid, Error> {
    optional_uuid(object, field)?
        .ok_or_else(|| malformed(format!("{field} is missing: it must be an id.")).field(field))
}

fn optional_uuid(object: &Object, field: &'static str) -> Result<Option<Uuid>, Error> {
    let Some(text) = optional_text(object, field)? else { return Ok(None) };
    Uuid::try_parse(text).map(Some).map_err(|_| malformed(format!("{field} must be a UUID.")).field(field))
}

fn optional_seq(object: &Object, field: &'static str) -> Result<Option<i64>, Error> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64().filter(|seq| *seq >= 0) {
            Some(seq) => Ok(Some(seq)),
            None => Err(malformed(format!("{field} must be a whole number from 0.")).field(field)),
        },
    }
}

fn optional_flag(object: &Object, field: &'static str) -> Result<Option<bool>, Error> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(malformed(format!("{field} must be true or false.")).field(field)),
    }
}

/// A member that must be a string, without U+0000.
fn text<'a>(object: &'a Object, field: &'static str) -> Result<&'a str, Error> {
    optional_text(object, field)?
        .ok_or_else(|| malformed(format!("{field} is missing: it must be a string.")).field(field))
}

/// The same for a member that may be absent or null.
pub(in super::super) fn optional_text<'a>(object: &'a Object, field: &'static str) -> Result<Option<&'a str>, Error> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.contains('\0') => {
            Err(malformed(format!("{field} must not contain the character U+0000.")).field(field))
        }
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(format!("{field} must be a string.")).field(field)),
    }
}

/// A rule of the domain that is broken by the form of a frame.
fn as_malformed(error: Error) -> Error {
    let frame = malformed(error.message);
    Error { field: error.field, ..frame }
}

pub(in super::super) fn malformed(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, "MALFORMED_FRAME", "Invalid message format", message)
}
