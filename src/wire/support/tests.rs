use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::domain::change::{Draft, Target, Wish};
use crate::domain::command::Command;
use crate::domain::event::Overview;
use crate::domain::message::{MAX_CONTENT, Message, MessageType, Reactions, Sender};
use crate::domain::user::{Identity, Role, User};
use crate::wire::{Dialect, Encoded, Hears};

const NOW: OffsetDateTime = datetime!(2026-11-20 09:30 UTC);
const TIME: &str = "2026-11-20T09:30:00.000Z";
const CHAT: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
const MESSAGE: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0002);

fn user(id: i64, username: &str, role: Role) -> Arc<User> {
    Arc::new(User {
        id,
        username: username.to_owned(),
        name: format!("The {username}"),
        email: format!("{username}@example.com"),
        role,
        avatar: None,
        away: false,
        disabled: false,
        created_at: NOW,
    })
}

fn chat() -> Arc<Conversation> {
    Arc::new(Conversation {
        id: CHAT,
        kind: ConversationKind::Support,
        title: String::new(),
        description: None,
        slug: None,
        owner: None,
        customer: Some(user(1, "carol", Role::Customer)),
        agent: Some(user(2, "alan", Role::Agent)),
        pair: None,
        peers: Vec::new(),
        status: Some(ChatStatus::Closed),
        status_before: None,
        last_seq: 3,
        created_at: NOW,
        updated_at: NOW,
    })
}

fn message(sender: Sender) -> Arc<Message> {
    Arc::new(Message {
        id: MESSAGE,
        conversation_id: CHAT,
        seq: 3,
        updated_seq: 3,
        sender,
        msg_type: MessageType::Image,
        content: "Hello!".to_owned(),
        metadata: None,
        reply_to: None,
        session_id: None,
        reactions: Reactions::new(),
        edited: false,
        deleted: false,
        created_at: NOW,
        updated_at: NOW,
    })
}

fn overview() -> Arc<Overview> {
    let last_message = Some(message(Sender::User(user(2, "alan", Role::Agent))));
    Arc::new(Overview {
        conversation: chat(),
        members: Vec::new(),
        last_message,
        unread: Some(HashMap::from([(1, 2)])),
    })
}

fn stored(what: What) -> Event {
    Event::Stored(Stored { conversation: chat(), seq: 3, members: [1, 2].into(), what })
}

fn told(event: &Event) -> Option<Value> {
    let reader = Reader { user: 1, is_staff: false };
    let text = Encoded::new(event, &|user| user.id == 2).text(Dialect::Support, reader)?;
    Some(serde_json::from_str(&text).unwrap())
}

fn said(reply: Reply<'_>) -> Option<Value> {
    Dialect::Support.reply(reply, NOW).map(|text| serde_json::from_str(&text).unwrap())
}

fn message_json(sender_id: Value, sender: Value) -> Value {
    json!({"id": MESSAGE, "chatId": CHAT, "senderId": sender_id, "content": "Hello!", "type": "image",
        "messageType": "image", "timestamp": TIME, "sender": sender})
}

fn user_json(id: i64, username: &str, role: &str, online: bool) -> Value {
    json!({"id": id, "username": username, "name": format!("The {username}"), "role": role, "avatar": null,
        "is_online": online, "isOnline": online, "created_at": TIME})
}

#[test]
fn the_frames_of_a_client_are_understood() {
    let draft = Draft::text(Target::Chat(CHAT), "Hello!");
    let image = Draft { msg_type: MessageType::Image, ..draft.clone() };
    for (frame, command) in [
        (json!({"type": "ping"}), Command::Ping),
        (json!({"type": "join_chat", "data": {"chatId": CHAT, "more": 1}}), Command::Enter(Place::Chat(CHAT))),
        (
            json!({"type": "send_message", "data": {"chatId": CHAT, "content": "Hello!", "messageType": "image"}}),
            Command::Change(Wish::Post(image)),
        ),
        (
            json!({"type": "send_message", "data": {"chatId": CHAT, "content": "Hello!", "senderId": 7}}),
            Command::Change(Wish::Post(draft)),
        ),
    ] {
        assert_eq!(decode(&frame.to_string()).unwrap().command, command, "{frame}");
    }
}

#[test]
fn a_wrong_field_is_named() {
    let send = |data: Value| json!({"type": "send_message", "data": data});
    for (frame, field) in [
        (json!({}), "type"),
        (json!({"type": "dance"}), "type"),
        (json!({"type": "join_chat"}), "data"),
        (send(json!("x")), "data"),
        (json!({"type": "join_chat", "data": {}}), "chatId"),
        (json!({"type": "join_chat", "data": {"chatId": 7}}), "chatId"),
        (json!({"type": "join_chat", "data": {"chatId": "seven"}}), "chatId"),
        (send(json!({"chatId": CHAT})), "content"),
        (send(json!({"chatId": CHAT, "content": ""})), "content"),
        (send(json!({"chatId": CHAT, "content": "a\u{0}"})), "content"),
        (send(json!({"chatId": CHAT, "content": "x".repeat(MAX_CONTENT + 1)})), "content"),
        (send(json!({"chatId": CHAT, "content": "x", "messageType": "smell"})), "messageType"),
        (send(json!({"chatId": CHAT, "content": "x", "messageType": 5})), "messageType"),
    ] {
        let error = decode(&frame.to_string()).unwrap_err().error;
        assert_eq!((error.code, error.field.as_deref()), ("MALFORMED_FRAME", Some(field)), "{frame}");
    }
    for text in ["", "[]", "null", "{\"type\":\"ping\"} x"] {
        assert_eq!(decode(text).unwrap_err().error.code, "MALFORMED_FRAME", "{text}");
    }
}

#[test]
fn a_message_is_told_with_its_sender() {
    let posted = |sender| stored(What::Posted { message: message(sender), client_msg_id: Some("own".to_owned()) });
    let alan = json!({"id": 2, "name": "The alan", "role": "agent"});
    assert_eq!(
        told(&posted(Sender::User(user(2, "alan", Role::Agent)))),
        Some(json!({"type": "new_message", "data": message_json(json!(2), alan)}))
    );
    let nobody = json!({"id": null, "name": "deleted user", "role": null});
    assert_eq!(
        told(&posted(Sender::Deleted)),
        Some(json!({"type": "new_message", "data": message_json(json!(null), nobody)}))
    );
}

#[test]
fn what_happens_to_a_chat_is_told() {
    let deleted = ConversationChanged { change: ConversationChange::Deleted, to: vec![1], overview: overview() };
    for (event, frame) in [
        (
            stored(What::StatusChanged { overview: overview() }),
            json!({"type": "chat_status_updated", "data": {"chatId": CHAT, "status": "closed"}}),
        ),
        (
            stored(What::Assigned { overview: overview() }),
            json!({"type": "chat_assigned",
                "data": {"chatId": CHAT, "agentId": 2, "agent": user_json(2, "alan", "agent", true)}}),
        ),
        (Event::ConversationChanged(deleted), json!({"type": "chat_deleted", "data": {"chatId": CHAT}})),
        (
            Event::PresenceChanged {
                user: user(2, "alan", Role::Agent),
                is_online: true,
                audience: Arc::from([1_i64].as_slice()),
            },
            json!({"type": "user_status_change", "data": {"userId": 2, "isOnline": true}}),
        ),
    ] {
        assert_eq!(told(&event), Some(frame));
    }
}

#[test]
fn there_are_no_frames_for_what_the_document_does_not_know() {
    let sender = Sender::User(user(2, "alan", Role::Agent));
    let created = ConversationChanged { change: ConversationChange::Created, to: vec![1], overview: overview() };
    for event in [
        stored(What::Updated { message: message(sender.clone()) }),
        stored(What::Deleted { message: message(sender) }),
        Event::ConversationChanged(created),
        Event::Typing { conversation: CHAT, user: 2, typing: true },
    ] {
        assert_eq!(told(&event), None);
    }
}

#[test]
fn only_support_chats_are_heard() {
    for kind in ConversationKind::ALL {
        let wanted = if kind == ConversationKind::Support { Hears::Members } else { Hears::Nothing };
        assert_eq!(Dialect::Support.hears(kind), wanted);
    }
}

#[test]
fn answers_to_the_own_socket() {
    assert_eq!(said(Reply::Unsubscribed { conversation: CHAT }), None);
    assert_eq!(said(Reply::Pong), Some(json!({"type": "pong"})));
    let joined = Reply::Entered { place: &Place::Chat(CHAT), conversation: &chat(), entered: true };
    assert_eq!(said(joined), Some(json!({"type": "chat_joined", "data": {"chatId": CHAT}})));
    let error = Error::not_found("CHAT_NOT_FOUND", "Chat not found");
    let refused = said(Reply::Refused { error: &error, reference: None }).unwrap();
    assert_eq!((&refused["type"], &refused["data"]["code"]), (&json!("error"), &json!("CHAT_NOT_FOUND")));
    assert_eq!(refused["data"]["error"], "Chat not found");
    assert!(refused["data"]["message"].is_string());
}

#[test]
fn a_chat_is_shown_as_its_reader_may_see_it() {
    let reader = |user_id, role| Identity {
        user_id,
        username: "x".to_owned(),
        role,
        sid: Uuid::nil(),
        jti: Uuid::nil(),
        expires_at: NOW,
    };
    let overview = overview();
    let seen = |reader| serde_json::to_value(ChatView::of(&overview, &reader, &|_| false)).unwrap();
    let mut customer = user_json(1, "carol", "customer", false);
    customer["email"] = json!("carol@example.com");
    let alan = json!({"id": 2, "name": "The alan", "role": "agent"});
    let wanted = json!({"id": CHAT, "customerId": 1, "agentId": 2, "status": "closed", "createdAt": TIME,
        "updatedAt": TIME, "customer": customer, "agent": user_json(2, "alan", "agent", false),
        "lastMessage": message_json(json!(2), alan), "unreadCount": 2});
    assert_eq!(seen(reader(1, Role::Customer)), wanted);
    let staff = seen(reader(3, Role::SuperAgent));
    assert_eq!((&staff["agent"]["email"], &staff["unreadCount"]), (&json!("alan@example.com"), &json!(0)));
}

proptest! {
    #[test]
    fn no_text_upsets_the_dialect(text in "\\PC{0,80}") {
        let _ = decode(&text);
        let _ = decode(&json!({"type": "send_message", "data": {"chatId": text, "content": text}}).to_string());
    }
}
