use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::domain::conversation::ConversationKind;
use crate::domain::message::MessageType;
use crate::domain::user::Role;
use crate::wire::{Dialect, Encoded};

const AT: OffsetDateTime = datetime!(2024-01-01 12:00 UTC);
const LATER: OffsetDateTime = datetime!(2024-01-01 12:05 UTC);
const AUTHOR: Reader = Reader { user: 1, is_staff: false };
const OTHER: Reader = Reader { user: 2, is_staff: false };
const AGENT: Reader = Reader { user: 3, is_staff: true };

fn user() -> Arc<User> {
    let (username, name, email) = ("user".into(), "User".into(), "user@example.com".into());
    let role = Role::Customer;
    Arc::new(User { id: 1, username, name, email, role, avatar: None, away: false, disabled: false, created_at: AT })
}

fn channel() -> Conversation {
    Conversation {
        id: Uuid::from_u128(9),
        kind: ConversationKind::Channel,
        title: "Channel 123".into(),
        description: Some("Talk".into()),
        slug: Some("channel123".into()),
        owner: Some(user()),
        customer: None,
        agent: None,
        pair: None,
        peers: Vec::new(),
        status: None,
        status_before: None,
        last_seq: 1,
        created_at: AT,
        updated_at: AT,
    }
}

fn message(content: &str, updated_at: OffsetDateTime) -> Arc<Message> {
    Arc::new(Message {
        id: Uuid::from_u128(5),
        conversation_id: Uuid::from_u128(9),
        seq: 1,
        updated_seq: 1,
        sender: Sender::User(user()),
        msg_type: MessageType::Text,
        content: content.into(),
        metadata: None,
        reply_to: None,
        session_id: None,
        reactions: std::collections::BTreeMap::default(),
        edited: false,
        deleted: false,
        created_at: AT,
        updated_at,
    })
}

fn stored(what: What) -> Event {
    Event::Stored(Stored { conversation: Arc::new(channel()), seq: 1, members: Arc::from([]), what })
}

fn posted() -> Event {
    stored(What::Posted { message: message("Hello world!", AT), client_msg_id: None })
}

fn entered(entered: bool) -> Event {
    Event::ChannelEntered { conversation: Uuid::from_u128(9), slug: "channel123".into(), user: user(), entered, at: AT }
}

fn told(event: &Event, masked: bool, reader: Reader) -> Value {
    let text = Encoded::new(event, &|_| true).text(Dialect::Channels { masked }, reader).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_frames_of_a_client_are_understood() {
    let place = || Place::Channel("channel123".into());
    for (kind, command) in [("join_channel", Command::Enter(place())), ("leave_channel", Command::Leave(place()))] {
        let frame = decode(&json!({"type": kind, "channel_id": "channel123"}).to_string()).unwrap();
        assert_eq!(frame, Frame { reference: Some(json!("channel123")), command });
    }
    assert_eq!(decode(r#"{"type":"ping"}"#).unwrap(), Frame { reference: None, command: Command::Ping });
}

#[test]
fn a_wrong_field_is_named_and_the_channel_repeated() {
    for (frame, field, channel_id) in [
        (json!({}), "type", None),
        (json!({"type": "nonsense", "channel_id": "tea"}), "type", Some("tea")),
        (json!({"type": 5}), "type", None),
        (json!({"type": "join_channel"}), "channel_id", None),
        (json!({"type": "join_channel", "channel_id": 5}), "channel_id", None),
        (json!({"type": "leave_channel", "channel_id": ""}), "channel_id", Some("")),
        (json!({"type": "join_channel", "channel_id": "x".repeat(MAX_ECHO + 1), "content": 1}), "", None),
    ] {
        match decode(&frame.to_string()) {
            Err(Malformed { error, reference }) => {
                assert_eq!((error.code, error.field.as_deref()), ("MALFORMED_FRAME", Some(field)), "{frame}");
                assert_eq!(reference, channel_id.map(Value::from), "{frame}");
            }
            Ok(read) => assert_eq!((field, read.reference), ("", None), "{frame}"),
        }
    }
    for text in ["", "not JSON", "[]", "null"] {
        assert_eq!(decode(text).unwrap_err().error.code, "MALFORMED_FRAME", "{text}");
    }
}

#[test]
fn messages_are_told_as_documented() {
    let data = json!({"id": Uuid::from_u128(5), "channel_id": "channel123", "user_email": "user@example.com",
        "content": "Hello world!", "created_at": "2024-01-01T12:00:00.000Z"});
    assert_eq!(
        told(&posted(), false, OTHER),
        json!({"type": "new_message", "channel_id": "channel123", "timestamp": "2024-01-01T12:00:00.000Z", "data": data})
    );
    let mut updated = data.clone();
    updated["content"] = json!("Updated message");
    assert_eq!(
        told(&stored(What::Updated { message: message("Updated message", LATER) }), false, OTHER),
        json!({"type": "message_updated", "channel_id": "channel123", "timestamp": "2024-01-01T12:05:00.000Z", "data": updated})
    );
    let gone = json!({"id": Uuid::from_u128(5), "channel_id": "channel123", "user_email": "user@example.com"});
    assert_eq!(
        told(&stored(What::Deleted { message: message("", LATER) }), false, OTHER),
        json!({"type": "message_deleted", "channel_id": "channel123", "timestamp": "2024-01-01T12:05:00.000Z", "data": gone})
    );
}

#[test]
fn coming_and_going_is_told_as_documented() {
    for (enters, kind) in [(true, "channel_joined"), (false, "channel_left")] {
        assert_eq!(
            told(&entered(enters), false, OTHER),
            json!({"type": kind, "channel_id": "channel123", "user_email": "user@example.com", "timestamp": "2024-01-01T12:00:00.000Z"})
        );
    }
}

#[test]
fn masked_addresses_are_seen_by_their_owner_and_by_staff_only() {
    for (reader, email) in [(AUTHOR, "user@example.com"), (OTHER, "user@users.invalid"), (AGENT, "user@example.com")] {
        assert_eq!(told(&posted(), true, reader)["data"]["user_email"], email);
        assert_eq!(told(&entered(true), true, reader)["user_email"], email);
        let deleted = stored(What::Deleted { message: message("", LATER) });
        assert_eq!(told(&deleted, true, reader)["data"]["user_email"], email);
    }
    // one text for all who see the same
    let event = posted();
    let encoded = Encoded::new(&event, &|_| true);
    let text = |reader| encoded.text(Dialect::Channels { masked: true }, reader).unwrap();
    assert!(text(AUTHOR) == text(AGENT) && text(AUTHOR) != text(OTHER));
}

#[test]
fn who_was_erased_has_no_address() {
    let erased = Message { sender: Sender::Deleted, ..(*message("Hello", AT)).clone() };
    let event = stored(What::Posted { message: Arc::new(erased), client_msg_id: None });
    assert_eq!(told(&event, false, OTHER)["data"]["user_email"], "deleted user");
}

#[test]
fn answers_carry_the_time_and_errors_the_channel() {
    let golden = |said: Reply<'_>| serde_json::from_str::<Value>(&reply(said, AT).unwrap()).unwrap();
    assert_eq!(golden(Reply::Pong), json!({"type": "pong", "timestamp": "2024-01-01T12:00:00.000Z"}));
    let error = Error::not_found("CHANNEL_NOT_FOUND", "Channel not found");
    let frame = golden(Reply::Refused { error: &error, reference: Some(&json!("tea")) });
    assert_eq!(
        frame,
        json!({"type": "error", "error": "Channel not found", "message": error.message, "code": "CHANNEL_NOT_FOUND",
            "channel_id": "tea", "timestamp": "2024-01-01T12:00:00.000Z"})
    );
    assert!(reply(Reply::Welcome { client_id: "c", username: Some("user") }, AT).is_none());
}

#[test]
fn the_objects_of_rest_are_as_documented() {
    assert_eq!(
        serde_json::to_value(ChannelView::of(&channel())).unwrap(),
        json!({"id": "channel123", "name": "Channel 123", "description": "Talk", "created_by": "user",
            "created_at": "2024-01-01T12:00:00.000Z"})
    );
    let sight = Sight { reader: OTHER, masked: false };
    let message = message("Hi", LATER);
    let view = serde_json::to_value(MessageView::of("channel123", &message, sight)).unwrap();
    assert_eq!(view["updated_at"], "2024-01-01T12:05:00.000Z");
}

proptest! {
    #[test]
    fn no_text_crashes_the_dialect(text in "\\PC{0,200}", kind in "ping|join_channel|leave_channel|other") {
        // whether it is understood does not matter here
        let _ = decode(&text);
        let _ = decode(&json!({"type": kind, "channel_id": text}).to_string());
    }
}
