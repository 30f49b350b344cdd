use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::domain::message::{MessageType, Sender};
use crate::domain::user::{Role, User};
use crate::wire::{Dialect, Encoded};

const AT: OffsetDateTime = datetime!(2025-07-27 17:30 UTC);
const ROOM: &str = "019b76da-a800-7000-8000-000000000009";

fn user(id: i64, username: &str) -> Arc<User> {
    Arc::new(User {
        id,
        username: username.into(),
        name: username.into(),
        email: format!("{username}@example.com"),
        role: Role::Customer,
        avatar: None,
        away: false,
        disabled: false,
        created_at: AT,
    })
}

fn conversation(kind: ConversationKind, peers: &[Arc<User>]) -> Conversation {
    Conversation {
        id: ROOM.parse().unwrap(),
        kind,
        title: "Tea".into(),
        description: None,
        slug: None,
        owner: Some(user(1, "jane_doe")),
        customer: None,
        agent: None,
        pair: (kind == ConversationKind::Direct).then_some([1, 2]),
        peers: peers.to_vec(),
        status: None,
        status_before: None,
        last_seq: 1,
        created_at: AT,
        updated_at: AT,
    }
}

fn message(sender: Sender) -> Message {
    Message {
        id: Uuid::from_u128(5),
        conversation_id: ROOM.parse().unwrap(),
        seq: 1,
        updated_seq: 1,
        sender,
        msg_type: MessageType::Text,
        content: "Hello everyone!".into(),
        metadata: None,
        reply_to: None,
        session_id: None,
        reactions: std::collections::BTreeMap::default(),
        edited: false,
        deleted: false,
        created_at: AT,
        updated_at: AT,
    }
}

fn posted(conversation: Conversation, message: Message) -> Event {
    let what = What::Posted { message: Arc::new(message), client_msg_id: Some("m1".into()) };
    Event::Stored(Stored { conversation: Arc::new(conversation), seq: 1, members: Arc::from([]), what })
}

fn told(event: &Event) -> Option<Value> {
    let text = Encoded::new(event, &|_| true).text(Dialect::Rooms, Reader { user: 1, is_staff: false })?;
    Some(serde_json::from_str(&text).unwrap())
}

fn command(frame: &Value) -> Command {
    decode(&frame.to_string()).unwrap().command
}

fn post(target: Target) -> Command {
    Command::Change(Wish::Post(Draft::text(target, "Hey there!")))
}

#[test]
fn the_frames_of_a_client_are_understood() {
    assert_eq!(command(&json!({"type": "ping"})), Command::Ping);
    let hello = json!({"type": "message", "content": "Hey there!", "recipient": null, "sender": "bob"});
    assert_eq!(command(&hello), post(Target::Conversation(GLOBAL_ID)));
    let direct = json!({"type": "message", "content": "Hey there!", "recipient": "john_doe"});
    let john = UserRef::Name("john_doe".into());
    assert_eq!(command(&direct), post(Target::User { user: john, field: "recipient" }));
    let room = json!({"type": "message", "content": "Hey there!", "room_id": ROOM});
    assert_eq!(command(&room), post(Target::Room(ROOM.parse().unwrap())));
}

#[test]
fn everybodys_conversation_is_the_one_in_the_database() {
    assert_eq!(GLOBAL_ID, entity::conversation::GLOBAL_ID);
}

#[test]
fn a_wrong_field_is_named() {
    for (frame, field) in [
        (json!({}), "type"),
        (json!({"type": 5}), "type"),
        (json!({"type": "dance"}), "type"),
        (json!({"type": "message"}), "content"),
        (json!({"type": "message", "content": ""}), "content"),
        (json!({"type": "message", "content": "a\u{0}b"}), "content"),
        (json!({"type": "message", "content": "x", "recipient": 5}), "recipient"),
        (json!({"type": "message", "content": "x", "recipient": ""}), "recipient"),
        (json!({"type": "message", "content": "x", "room_id": 5}), "room_id"),
        (json!({"type": "message", "content": "x", "room_id": "general"}), "room_id"),
        (json!({"type": "message", "content": "x", "room_id": ROOM, "recipient": "bob"}), "recipient"),
    ] {
        let Malformed { error, .. } = decode(&frame.to_string()).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), ("MALFORMED_FRAME", Some(field)), "{frame}");
    }
}

#[test]
fn what_is_no_object_is_an_invalid_message_format() {
    for text in ["", "this is not JSON", "[]", "null"] {
        let Malformed { error, .. } = decode(text).unwrap_err();
        let frame: Value =
            serde_json::from_str(&reply(Reply::Refused { error: &error, reference: None }).unwrap()).unwrap();
        assert_eq!((&frame["type"], &frame["error"]), (&json!("error"), &json!("Invalid message format")), "{text}");
        assert!(frame["message"].is_string() && frame["code"].is_string());
    }
}

#[test]
fn a_connection_is_confirmed_with_the_username_and_a_ping_answered() {
    let golden = |said: Reply<'_>| serde_json::from_str::<Value>(&reply(said).unwrap()).unwrap();
    assert_eq!(
        golden(Reply::Welcome { client_id: "c", username: Some("john_doe") }),
        json!({"type": "connection", "status": "connected", "user_id": "john_doe"})
    );
    assert_eq!(golden(Reply::Pong), json!({"type": "pong", "status": "ok"}));
}

#[test]
fn a_message_to_everybody_and_one_in_a_room_are_of_the_type_message() {
    let jane = || Sender::User(user(1, "jane_doe"));
    let golden = |room_id: Value| {
        json!({"type": "message", "message": {"id": Uuid::from_u128(5), "sender": "jane_doe", "recipient": null, "room_id": room_id,
            "content": "Hello everyone!", "created_at": "2025-07-27T17:30:00.000Z"}})
    };
    assert_eq!(told(&posted(conversation(ConversationKind::Global, &[]), message(jane()))), Some(golden(Value::Null)));
    assert_eq!(told(&posted(conversation(ConversationKind::Room, &[]), message(jane()))), Some(golden(json!(ROOM))));
}

#[test]
fn a_direct_message_names_the_other_of_the_two() {
    let (jane, bob) = (user(1, "jane_doe"), user(2, "bob"));
    let of = |sender: Sender, peers: &[Arc<User>]| {
        let frame = told(&posted(conversation(ConversationKind::Direct, peers), message(sender))).unwrap();
        assert_eq!((&frame["type"], &frame["message"]["room_id"]), (&json!("direct_message"), &Value::Null));
        (frame["message"]["sender"].clone(), frame["message"]["recipient"].clone())
    };
    let both = [jane.clone(), bob.clone()];
    assert_eq!(of(Sender::User(bob.clone()), &both), (json!("bob"), json!("jane_doe")));
    assert_eq!(of(Sender::User(jane.clone()), &both), (json!("jane_doe"), json!("bob")));
    assert_eq!(of(Sender::User(jane.clone()), &both[..1]), (json!("jane_doe"), json!("deleted user")));
    assert_eq!(of(Sender::Deleted, &both[..1]), (json!("deleted user"), json!("jane_doe")));
    assert_eq!(of(Sender::Deleted, &[]), (json!("deleted user"), json!("deleted user")));
}

#[test]
fn a_note_to_oneself_names_oneself() {
    let jane = user(1, "jane_doe");
    let notes =
        Conversation { pair: Some([1, 1]), ..conversation(ConversationKind::Direct, std::slice::from_ref(&jane)) };
    let frame = told(&posted(notes, message(Sender::User(jane)))).unwrap();
    assert_eq!(frame["message"]["recipient"], "jane_doe");
}

#[test]
fn what_has_no_frame_is_not_told() {
    let jane = || message(Sender::User(user(1, "jane_doe")));
    for kind in [ConversationKind::Assistant, ConversationKind::Channel, ConversationKind::Support] {
        assert_eq!(told(&posted(conversation(kind, &[]), jane())), None);
        assert_eq!(hears(kind), Hears::Nothing);
    }
    let room = Arc::new(conversation(ConversationKind::Room, &[]));
    let what = What::Updated { message: Arc::new(jane()) };
    assert_eq!(told(&Event::Stored(Stored { conversation: room, seq: 2, members: Arc::from([]), what })), None);
}

#[test]
fn a_room_lists_its_members() {
    let room = conversation(ConversationKind::Room, &[]);
    let member = |id, name, is_owner| Member { user: user(id, name), is_owner, joined_at: AT };
    let members = [member(1, "jane_doe", true), member(2, "bob", false)];
    assert_eq!(
        serde_json::to_value(RoomView::of(&room, &members)).unwrap(),
        json!({"id": ROOM, "name": "Tea", "description": null, "created_by": "jane_doe",
            "created_at": "2025-07-27T17:30:00.000Z", "members": ["jane_doe", "bob"]})
    );
}

proptest! {
    #[test]
    fn no_text_crashes_the_dialect(text in "\\PC{0,200}", kind in "ping|message|other", field in "[a-z_]{1,12}", value in any::<i64>()) {
        // whether it is understood does not matter here
        let _ = decode(&text);
        let _ = decode(&json!({"type": kind, "content": text, field: value}).to_string());
    }
}
