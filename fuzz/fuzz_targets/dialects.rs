//! Any text on any socket: no decoder panics or hangs, an error about it can be said, and a message that it posts can be
//! told in every dialect. The first byte chooses the dialect.

#![no_main]
#![allow(dead_code, unused_imports, reason = "the targets use a part of these modules")]

#[path = "../../src/domain/mod.rs"]
mod domain;
#[path = "../../src/wire/mod.rs"]
mod wire;

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use domain::change::{Draft, Wish};
use domain::command::Command;
use domain::conversation::{ChatStatus, Conversation, ConversationKind};
use domain::event::{Event, Stored, What};
use domain::message::{Message, Reactions, Sender};
use domain::user::{Role, User};
use wire::{Dialect, Encoded, Reader, Reply};

const DIALECTS: [Dialect; 5] = [
    Dialect::Coach,
    Dialect::Rooms,
    Dialect::Support,
    Dialect::Channels { masked: false },
    Dialect::Channels { masked: true },
];

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let dialect = DIALECTS[usize::from(*choice) % DIALECTS.len()];
    match dialect.decode(text) {
        Ok(frame) => {
            refuse(dialect, &domain::message::not_found(), frame.reference.as_ref());
            if let Command::Change(Wish::Post(draft)) = frame.command {
                tell(&draft);
            }
        }
        Err(malformed) => refuse(dialect, &malformed.error, malformed.reference.as_ref()),
    }
});

/// An error frame is JSON with the three fields that every error has.
fn refuse(dialect: Dialect, error: &domain::error::Error, reference: Option<&Value>) {
    let text = dialect.reply(Reply::Refused { error, reference }, OffsetDateTime::UNIX_EPOCH).expect("a frame");
    let frame: Value = serde_json::from_str(&text).expect("JSON");
    let error = if dialect == Dialect::Support { &frame["data"] } else { &frame };
    assert!(["error", "message", "code"].iter().all(|field| error[field].is_string()), "{text}");
}

/// The message, once stored, as the listeners of each kind of conversation are told of it.
fn tell(draft: &Draft) {
    // what a frame lets through, the service takes
    draft.check().expect("a draft that was decoded");
    for kind in ConversationKind::ALL {
        let event = Event::Stored(posted(draft, kind));
        let encoded = Encoded::new(&event, &|_| true);
        for dialect in DIALECTS {
            for user in [1, 2] {
                let Some(text) = encoded.text(dialect, Reader { user, is_staff: false }) else { continue };
                let frame: Value = serde_json::from_str(&text).expect("JSON");
                let message = if frame["data"].is_object() { &frame["data"] } else { &frame["message"] };
                assert_eq!(message["content"], draft.content.as_str(), "{text}");
            }
        }
    }
}

fn posted(draft: &Draft, kind: ConversationKind) -> Stored {
    let now = OffsetDateTime::UNIX_EPOCH;
    let (username, name, email) = ("jane".into(), "Jane".into(), "jane@example.com".into());
    let role = Role::Customer;
    let user = User { id: 1, username, name, email, role, avatar: None, away: false, disabled: false, created_at: now };
    let user = Arc::new(user);
    let conversation = Conversation {
        id: Uuid::nil(),
        kind,
        title: "Tea".into(),
        description: None,
        slug: (kind == ConversationKind::Channel).then(|| "tea".into()),
        owner: None,
        customer: Some(user.clone()),
        agent: None,
        pair: (kind == ConversationKind::Direct).then_some([1, 1]),
        peers: vec![user.clone()],
        status: (kind == ConversationKind::Support).then_some(ChatStatus::Active),
        status_before: None,
        last_seq: 1,
        created_at: now,
        updated_at: now,
    };
    let message = Message {
        id: Uuid::nil(),
        conversation_id: conversation.id,
        seq: 1,
        updated_seq: 1,
        sender: Sender::User(user),
        msg_type: draft.msg_type,
        content: draft.content.clone(),
        metadata: draft.metadata.clone(),
        reply_to: draft.reply_to,
        session_id: draft.session_id.clone(),
        reactions: Reactions::new(),
        edited: false,
        deleted: false,
        created_at: now,
        updated_at: now,
    };
    let what = What::Posted { message: Arc::new(message), client_msg_id: draft.client_msg_id.clone() };
    Stored { conversation: Arc::new(conversation), seq: 1, members: Arc::new([1, 2]), what }
}
