//! The four sockets: their upgrade. Their frames stand in `docs/sockets.md`, which is part of the document.

use crate::http::openapi::endpoint::{Endpoint, get};
use crate::http::openapi::shape::text;

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/ws", "coachSocket", "The socket of the coach, and the full protocol")
            .explain(
                "First frame: `{\"type\":\"system\",\"metadata\":{\"client_id\"}}`. Then you may send `auth`, `message` (to the \
                 assistant), `subscribe`, `unsubscribe`, `send`, `edit`, `delete`, `react`, `typing`, `read`, `ping`. You hear \
                 `new_message`, `message_updated`, `message_deleted`, `reaction`, `typing`, `read`, `presence`, `conversation`, \
                 `job`, `error`. Without a token the socket may talk to the assistant and nothing else.",
            )
            .query("resume", text(), "The `client_id` of the socket that you had before: its memory comes over.")
            .socket(false),
        get("/api/ws/connect", "roomsSocket", "The socket of rooms")
            .explain("You may send `message` (to everybody, a `recipient` or a `room_id`) and `ping`; you hear `connection`, `message`, `direct_message`, `pong`, `error`.")
            .socket(true),
        get("/api/ws", "supportSocket", "The socket of support chats")
            .explain(
                "Frames are `{\"type\",\"data\"}`. You may send `join_chat`, `send_message`, `ping`; you hear \
                 `chat_joined`, `new_message`, `chat_status_updated`, `chat_assigned`, \
                 `chat_deleted`, `user_status_change`, `pong`, `error`.",
            )
            .socket(true),
        get("/api/v1/ws", "channelsSocket", "The socket of channels")
            .explain(
                "You may send `join_channel`, `leave_channel`, `ping`; you hear `new_message`, `message_updated`, `message_deleted`, \
                 `channel_joined`, `channel_left`, `pong`, `error`.",
            )
            .query("channel_id", text(), "The channel to join at once; an unknown one is an error frame after the upgrade.")
            .socket(true),
    ]
}
