use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;
use uuid::Uuid;

use super::decode::MAX_ECHO;
use super::*;
use crate::domain::change::{Ack, Draft, Scope, Target, Wish};
use crate::domain::command::{Command, Frame, Token};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::error::Kind;
use crate::domain::message::MAX_CONTENT;
use crate::domain::message::{MessageType, Sender};
use crate::domain::user::{Role, User, UserRef};
use crate::wire::Malformed;
use crate::wire::{Dialect, Encoded};

const NOW: OffsetDateTime = datetime!(2026-11-20 09:30 UTC);

fn read(frame: &Value) -> Result<Frame, Malformed> {
    decode(&frame.to_string())
}

fn golden(reply_: Reply<'_>, wanted: &Value) {
    let text = reply(reply_, NOW).unwrap();
    assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), wanted);
}

#[test]
fn the_frames_of_a_client_are_understood() {
    let auth = Command::Authenticate { token: Token("a.b.c".into()) };
    let ask = |session_id: Option<&str>| Command::Ask { content: "Hi".into(), session_id: session_id.map(Into::into) };
    for (frame, reference, command) in [
        (json!({"type": "auth", "token": "a.b.c"}), None, auth),
        (json!({"type": "ping"}), None, Command::Ping),
        (json!({"type": "ping", "id": 7, "more": [1]}), Some(json!(7)), Command::Ping),
        (json!({"type": "message", "content": "Hi"}), None, ask(None)),
        (
            json!({"type": "message", "content": "Hi", "sessionId": "s", "timestamp": "t", "msg_type": "text", "id": "x"}),
            Some(json!("x")),
            ask(Some("s")),
        ),
        (json!({"type": "message", "content": "Hi", "sessionId": null, "id": {"a": 1}}), None, ask(None)),
    ] {
        assert_eq!(read(&frame).unwrap(), Frame { reference, command }, "{frame}");
    }
}

#[test]
fn a_wrong_field_is_named() {
    let long = "x".repeat(MAX_CONTENT + 1);
    for (frame, field) in [
        (json!({}), "type"),
        (json!({"type": 5}), "type"),
        (json!({"type": "dance"}), "type"),
        (json!({"type": "auth"}), "token"),
        (json!({"type": "auth", "token": null}), "token"),
        (json!({"type": "auth", "token": 5}), "token"),
        (json!({"type": "message"}), "content"),
        (json!({"type": "message", "content": ""}), "content"),
        (json!({"type": "message", "content": "a\u{0}b"}), "content"),
        (json!({"type": "message", "content": long}), "content"),
        (json!({"type": "message", "content": "Hi", "sessionId": 5}), "sessionId"),
        (json!({"type": "message", "content": "Hi", "sessionId": "s".repeat(MAX_ECHO + 1)}), "sessionId"),
        (json!({"type": "message", "content": "Hi", "timestamp": 5}), "timestamp"),
        (json!({"type": "message", "content": "Hi", "msg_type": 5}), "msg_type"),
    ] {
        let Malformed { error, .. } = read(&frame).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), ("MALFORMED_FRAME", Some(field)), "{frame}");
    }
}

#[test]
fn content_is_counted_in_characters() {
    assert!(read(&json!({"type": "message", "content": "世".repeat(MAX_CONTENT)})).is_ok());
}

#[test]
fn what_is_no_object_is_malformed_and_deep_nesting_too() {
    for text in ["", "{", "[]", "null", "\"ping\"", "{'type':'ping'}", "{\"type\":\"ping\"} x"] {
        assert_eq!(decode(text).unwrap_err().error.code, "MALFORMED_FRAME", "{text}");
    }
    let deep = format!("{{\"type\":\"ping\",\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(decode(&deep).is_err());
}

#[test]
fn a_malformed_frame_keeps_its_name() {
    assert_eq!(read(&json!({"type": "dance", "id": "x"})).unwrap_err().reference, Some(json!("x")));
}

#[test]
fn the_welcome_names_the_client() {
    golden(
        Reply::Welcome { client_id: "abc", username: None },
        &json!({"type": "system", "content": "Welcome!", "metadata": {"client_id": "abc"}, "timestamp": "2026-11-20T09:30:00.000Z"}),
    );
}

#[test]
fn a_pong_has_the_time() {
    golden(Reply::Pong, &json!({"type": "pong", "timestamp": "2026-11-20T09:30:00.000Z"}));
}

#[test]
fn an_answer_repeats_the_session_id_only_if_there_is_one() {
    let metadata = json!({"from_qa": false});
    let answer = |session_id| Reply::Answer { content: "No.", session_id, metadata: &metadata };
    let mut wanted = json!({"type": "message", "content": "No.", "sender": "assistant", "msg_type": "text",
        "metadata": {"from_qa": false}, "timestamp": "2026-11-20T09:30:00.000Z"});
    golden(answer(None), &wanted);
    wanted["sessionId"] = json!("s1");
    golden(answer(Some("s1")), &wanted);
}

#[test]
fn who_signed_in_sees_themselves() {
    let user = User {
        id: 1,
        username: "john_doe".into(),
        name: "John Doe".into(),
        email: "john@example.com".into(),
        role: Role::Customer,
        avatar: None,
        away: false,
        disabled: false,
        created_at: NOW,
    };
    golden(
        Reply::Authenticated { user: &user.seen_by_oneself(true) },
        &json!({"type": "auth", "status": "ok", "user": {"id": 1, "username": "john_doe", "name": "John Doe",
            "email": "john@example.com", "role": "customer", "avatar": null, "is_online": true, "isOnline": true,
            "created_at": "2026-11-20T09:30:00.000Z"}}),
    );
}

#[test]
fn an_error_has_the_shape_of_all_errors_and_the_name_of_its_frame() {
    let error = Error::new(Kind::RateLimited, "RATE_LIMITED", "Too many frames", "Wait.")
        .retry_after(std::time::Duration::from_millis(20));
    let mut wanted = json!({"type": "error", "error": "Too many frames", "message": "Wait.", "code": "RATE_LIMITED",
        "retry_after": 0.02});
    golden(Reply::Refused { error: &error, reference: None }, &wanted);
    wanted["ref"] = json!(7);
    golden(Reply::Refused { error: &error, reference: Some(&json!(7)) }, &wanted);
}

#[test]
fn a_job_is_told_as_its_status_and_encoded_once() {
    let job = json!({"job_id": "7f2f3f0e-8f52-4c52-9a53-6a5a4a2d3b11", "upload_id": 3, "status": "chunking", "progress": 30,
        "current_step": "Chunking text", "error_message": null, "attempt": 1, "created_at": "2026-11-20T09:30:00.000Z",
        "updated_at": "2026-11-20T09:30:01.000Z", "completed_at": null});
    let event = Event::JobProgressed { owner: 1, job: serde_json::from_value(job.clone()).unwrap() };
    let encoded = Encoded::new(&event, &|_| true);
    let texts = [1, 2].map(|user| encoded.text(Dialect::Coach, Reader { user, is_staff: false }).unwrap());
    assert_eq!(serde_json::from_str::<Value>(&texts[0]).unwrap(), json!({"type": "job", "job": job}));
    assert!(std::ptr::eq(texts[0].as_ptr(), texts[1].as_ptr()));
}

fn user(id: UserId, name: &str) -> Arc<User> {
    Arc::new(User {
        id,
        username: name.into(),
        name: name.to_uppercase(),
        email: format!("{name}@example.com"),
        role: Role::Customer,
        avatar: None,
        away: false,
        disabled: false,
        created_at: NOW,
    })
}

fn shown(id: UserId, name: &str) -> Value {
    json!({"id": id, "username": name, "name": name.to_uppercase(), "role": "customer", "avatar": null,
        "is_online": true, "isOnline": true, "created_at": "2026-11-20T09:30:00.000Z"})
}

fn direct() -> Arc<Conversation> {
    Arc::new(Conversation {
        id: Uuid::from_u128(1),
        kind: ConversationKind::Direct,
        title: String::new(),
        description: None,
        slug: None,
        owner: None,
        customer: None,
        agent: None,
        pair: Some([1, 2]),
        peers: vec![user(1, "alice"), user(2, "bob")],
        status: None,
        status_before: None,
        last_seq: 7,
        created_at: NOW,
        updated_at: NOW,
    })
}

fn message() -> Message {
    Message {
        id: Uuid::from_u128(2),
        conversation_id: Uuid::from_u128(1),
        seq: 5,
        updated_seq: 5,
        sender: Sender::User(user(1, "alice")),
        msg_type: MessageType::Text,
        content: "Hi".into(),
        metadata: None,
        reply_to: None,
        session_id: None,
        reactions: [("👍".to_owned(), vec![1, 2])].into(),
        edited: false,
        deleted: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

const CONVERSATION: &str = "00000000-0000-0000-0000-000000000001";
const MESSAGE: &str = "00000000-0000-0000-0000-000000000002";

fn shown_message() -> Value {
    json!({"id": MESSAGE, "conversation_id": CONVERSATION, "seq": 5, "sender": shown(1, "alice"), "content": "Hi",
        "msg_type": "text", "reply_to": null, "reactions": {"👍": [1, 2]}, "metadata": null,
        "created_at": "2026-11-20T09:30:00.000Z", "updated_at": "2026-11-20T09:30:00.000Z", "deleted": false})
}

fn told(event: &Event, user: UserId) -> Value {
    let encoded = Encoded::new(event, &|_| true);
    serde_json::from_str(&encoded.text(Dialect::Coach, Reader { user, is_staff: false }).unwrap()).unwrap()
}

fn stored(what: What) -> Event {
    Event::Stored(Stored { conversation: direct(), seq: 7, members: [1, 2].into(), what })
}

#[test]
fn only_the_sender_is_told_the_name_of_a_message() {
    let event = stored(What::Posted { message: Arc::new(message()), client_msg_id: Some("m1".into()) });
    let mut wanted =
        json!({"type": "new_message", "conversation_id": CONVERSATION, "seq": 7, "message": shown_message()});
    assert_eq!(told(&event, 2), wanted);
    wanted["client_msg_id"] = json!("m1");
    assert_eq!(told(&event, 1), wanted);
}

#[test]
fn changes_of_messages_are_told_with_their_place() {
    let message = Arc::new(message());
    for (what, wanted) in [
        (
            What::Updated { message: message.clone() },
            json!({"type": "message_updated", "conversation_id": CONVERSATION, "seq": 7, "message": shown_message()}),
        ),
        (
            What::Deleted { message },
            json!({"type": "message_deleted", "conversation_id": CONVERSATION, "seq": 7, "message_id": MESSAGE}),
        ),
        (
            What::Reacted { message: Uuid::from_u128(2), user: 2, emoji: "👍".into(), removed: true },
            json!({"type": "reaction", "conversation_id": CONVERSATION, "seq": 7, "message_id": MESSAGE, "user_id": 2,
                "emoji": "👍", "removed": true}),
        ),
    ] {
        assert_eq!(told(&stored(what), 1), wanted);
    }
}

#[test]
fn a_conversation_is_told_as_its_reader_sees_it() {
    let overview = Arc::new(Overview {
        conversation: direct(),
        members: vec![],
        last_message: Some(Arc::new(message())),
        unread: Some([(2, 3)].into()),
    });
    let event = Event::Unheard { to: 2, overview: overview.clone() };
    let mut wanted = json!({"type": "conversation", "action": "message", "conversation": {"id": CONVERSATION,
        "kind": "direct", "title": "ALICE", "members": [shown(1, "alice"), shown(2, "bob")], "unread": 3, "last_seq": 7,
        "last_message": shown_message(), "created_at": "2026-11-20T09:30:00.000Z"}});
    assert_eq!(told(&event, 2), wanted);
    let changed = |change| ConversationChanged { change, to: vec![1], overview: overview.clone() };
    for (change, action) in [
        (ConversationChange::Created, "created"),
        (ConversationChange::Updated, "updated"),
        (ConversationChange::Left, "removed"),
        (ConversationChange::Deleted, "removed"),
    ] {
        wanted["action"] = json!(action);
        wanted["conversation"]["title"] = json!("BOB");
        wanted["conversation"]["unread"] = json!(0);
        assert_eq!(told(&Event::ConversationChanged(changed(change)), 1), wanted);
    }
}

#[test]
fn what_is_not_stored_is_told_in_short() {
    let conversation = Uuid::from_u128(1);
    for (event, wanted) in [
        (
            Event::Read { conversation, user: 2, seq: 7 },
            json!({"type": "read", "conversation_id": CONVERSATION, "user_id": 2, "seq": 7}),
        ),
        (
            Event::Typing { conversation, user: 2, typing: true },
            json!({"type": "typing", "conversation_id": CONVERSATION, "user_id": 2, "typing": true}),
        ),
        (
            Event::PresenceChanged { user: user(2, "bob"), is_online: false, audience: [].into() },
            json!({"type": "presence", "user_id": 2, "username": "bob", "is_online": false}),
        ),
    ] {
        assert_eq!(told(&event, 1), wanted);
    }
}

#[test]
fn a_subscription_brings_each_changed_message_in_its_latest_state_or_nothing_at_all() {
    let edited = Message { id: Uuid::from_u128(3), seq: 2, updated_seq: 6, ..message() };
    let deleted = Message { id: Uuid::from_u128(4), seq: 6, updated_seq: 7, deleted: true, ..message() };
    let events = [message(), edited, deleted];
    let subscribed = |events| Reply::Subscribed {
        conversation: Uuid::from_u128(1),
        last_seq: 7,
        after: 4,
        events,
        online: &|_| true,
    };
    let text = reply(subscribed(Some(&events)), NOW).unwrap();
    let frame: Value = serde_json::from_str(&text).unwrap();
    let kinds: Vec<_> =
        frame["events"].as_array().unwrap().iter().map(|e| (e["type"].clone(), e["seq"].clone())).collect();
    let wanted = [("new_message", 5), ("message_updated", 6), ("message_deleted", 7)];
    assert_eq!(kinds, wanted.map(|(kind, seq)| (json!(kind), json!(seq))));
    assert_eq!((&frame["recovered"], &frame["last_seq"]), (&json!(true), &json!(7)));
    let nothing =
        json!({"type": "subscribed", "conversation_id": CONVERSATION, "last_seq": 7, "recovered": false, "events": []});
    golden(subscribed(None), &nothing);
    let long = vec![Message { content: "x".repeat(16_000), ..message() }; 17];
    golden(subscribed(Some(&long)), &nothing);
}

#[test]
fn acknowledgements_and_goodbyes() {
    let ack =
        Ack { client_msg_id: "m1".into(), message_id: Uuid::from_u128(2), conversation_id: Uuid::from_u128(1), seq: 5 };
    golden(
        Reply::Acknowledged { ack: &ack },
        &json!({"type": "ack", "client_msg_id": "m1", "message_id": MESSAGE, "conversation_id": CONVERSATION, "seq": 5}),
    );
    golden(
        Reply::Unsubscribed { conversation: Uuid::from_u128(1) },
        &json!({"type": "unsubscribed", "conversation_id": CONVERSATION}),
    );
}

#[test]
fn the_frames_of_conversations_are_understood() {
    let (conversation, message) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let named = |target| Draft { client_msg_id: Some("m".into()), ..Draft::text(target, "Hi") };
    for (frame, command) in [
        (
            json!({"type": "subscribe", "conversation_id": CONVERSATION}),
            Command::Subscribe { conversation, after_seq: None },
        ),
        (
            json!({"type": "subscribe", "conversation_id": CONVERSATION, "after_seq": 4}),
            Command::Subscribe { conversation, after_seq: Some(4) },
        ),
        (json!({"type": "unsubscribe", "conversation_id": CONVERSATION}), Command::Unsubscribe { conversation }),
        (
            json!({"type": "send", "conversation_id": CONVERSATION, "content": "Hi", "client_msg_id": "m"}),
            Command::Change(Wish::Post(named(Target::Conversation(conversation)))),
        ),
        (
            json!({"type": "send", "to_user_id": 7, "content": "Hi", "client_msg_id": "m"}),
            Command::Change(Wish::Post(named(Target::User { user: UserRef::Id(7), field: "to_user_id" }))),
        ),
        (
            json!({"type": "edit", "message_id": MESSAGE, "content": "x"}),
            Command::Change(Wish::Edit { message, content: "x".into(), scope: Scope::Any }),
        ),
        (
            json!({"type": "delete", "message_id": MESSAGE}),
            Command::Change(Wish::Delete { message, scope: Scope::Any }),
        ),
        (
            json!({"type": "react", "message_id": MESSAGE, "emoji": "👍", "remove": true}),
            Command::Change(Wish::React { message, emoji: "👍".into(), remove: true }),
        ),
        (
            json!({"type": "read", "conversation_id": CONVERSATION, "seq": 3}),
            Command::Change(Wish::MarkRead { conversation, seq: 3 }),
        ),
        (
            json!({"type": "typing", "conversation_id": CONVERSATION, "typing": false}),
            Command::Type { conversation, typing: false },
        ),
    ] {
        assert_eq!(read(&frame).unwrap().command, command, "{frame}");
    }
    let named = read(&json!({"type": "send", "to_user_id": 7, "content": "Hi", "client_msg_id": "m"})).unwrap();
    assert_eq!(named.reference, Some(json!("m")));
}

#[test]
fn a_wrong_field_of_a_conversation_is_named() {
    let send = |more: Value| {
        let mut frame = json!({"type": "send", "conversation_id": CONVERSATION, "content": "Hi", "client_msg_id": "m"});
        frame.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        frame
    };
    for (frame, field) in [
        (json!({"type": "subscribe"}), "conversation_id"),
        (json!({"type": "subscribe", "conversation_id": "x"}), "conversation_id"),
        (json!({"type": "subscribe", "conversation_id": CONVERSATION, "after_seq": -1}), "after_seq"),
        (json!({"type": "subscribe", "conversation_id": CONVERSATION, "after_seq": "1"}), "after_seq"),
        (send(json!({"client_msg_id": ""})), "client_msg_id"),
        (send(json!({"client_msg_id": "x".repeat(65)})), "client_msg_id"),
        (send(json!({"client_msg_id": null})), "client_msg_id"),
        (send(json!({"content": ""})), "content"),
        (send(json!({"to_user_id": 7})), "to_user_id"),
        (send(json!({"to_user_id": []})), "to_user_id"),
        (send(json!({"conversation_id": null})), "conversation_id"),
        (send(json!({"msg_type": "smell"})), "msg_type"),
        (send(json!({"reply_to": "x"})), "reply_to"),
        (send(json!({"metadata": []})), "metadata"),
        (json!({"type": "edit", "message_id": MESSAGE}), "content"),
        (json!({"type": "react", "message_id": MESSAGE, "emoji": ""}), "emoji"),
        (json!({"type": "read", "conversation_id": CONVERSATION}), "seq"),
        (json!({"type": "typing", "conversation_id": CONVERSATION}), "typing"),
        (json!({"type": "typing", "conversation_id": CONVERSATION, "typing": 1}), "typing"),
    ] {
        let Malformed { error, .. } = read(&frame).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), ("MALFORMED_FRAME", Some(field)), "{frame}");
    }
}

proptest! {
    #[test]
    fn no_text_crashes_the_dialect(text in "\\PC{0,60}") {
        let _ = decode(&text);
    }

    #[test]
    fn no_object_crashes_the_dialect(kind in "auth|ping|message|\\PC{0,5}", field in "token|content|sessionId|id", value in "null|5|\"x\"|\\[\\]|\\{\\}|1e999|-0") {
        let _ = decode(&format!("{{\"type\":{},\"{field}\":{value}}}", Value::from(kind)));
    }
}
