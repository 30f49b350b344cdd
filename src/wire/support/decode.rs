//! Frames of a support client: `{"type", "data"}`. Their form is checked here.

use serde_json::{Map, Value};

use super::super::Malformed;
use super::super::coach::{content, malformed, optional_text, uuid};
use crate::domain::change::{Draft, Target, Wish};
use crate::domain::command::{Command, Frame, Place};
use crate::domain::error::Error;
use crate::domain::message::MessageType;

type Object = Map<String, Value>;

pub(in super::super) fn decode(text: &str) -> Result<Frame, Malformed> {
    command(text)
        .map(|command| Frame { reference: None, command })
        .map_err(|error| Malformed { error, reference: None })
}

fn command(text: &str) -> Result<Command, Error> {
    let object: Object = serde_json::from_str(text)
        .map_err(|_| malformed("A frame must be a JSON object such as {\"type\":\"ping\"}."))?;
    match object.get("type").and_then(Value::as_str) {
        Some("ping") => Ok(Command::Ping),
        Some("join_chat") => Ok(Command::Enter(Place::Chat(uuid(data(&object)?, "chatId")?))),
        Some("send_message") => send(data(&object)?),
        _ => Err(malformed("A frame must have a type: send_message, join_chat or ping.").field("type")),
    }
}

fn data(object: &Object) -> Result<&Object, Error> {
    let data = object.get("data").and_then(Value::as_object);
    data.ok_or_else(|| malformed("data is missing: it must be an object.").field("data"))
}

fn send(data: &Object) -> Result<Command, Error> {
    let draft = Draft::text(Target::Chat(uuid(data, "chatId")?), content(data)?);
    Ok(Command::Change(Wish::Post(Draft { msg_type: msg_type(data)?, ..draft })))
}

fn msg_type(data: &Object) -> Result<MessageType, Error> {
    let Some(text) = optional_text(data, "messageType")? else { return Ok(MessageType::Text) };
    MessageType::parse(text)
        .ok_or_else(|| malformed("messageType must be text, image, audio, video, file or system.").field("messageType"))
}
