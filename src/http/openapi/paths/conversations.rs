//! Conversations in the shape of the native protocol, and messages between two in the shape of the coach.

use crate::domain::message::MAX_CLIENT_MSG_ID;
use crate::http::openapi::endpoint::{Endpoint, get, post};
use crate::http::openapi::schemas::{chat_status, content, kind, message_type, metadata, user_ref};
use crate::http::openapi::shape::{
    Field, always, count, form, list, may, must, object, shared, success, text, time, uuid,
};

pub fn endpoints() -> Vec<Endpoint> {
    let mut all = conversations();
    all.extend(stored());
    all
}

fn id(endpoint: Endpoint) -> Endpoint {
    endpoint.in_path("id", text(), "The conversation. What is no UUID exists nowhere: 404.").signed_in()
}

fn conversations() -> Vec<Endpoint> {
    let message = form([
        must("content", content()),
        may("msg_type", message_type().default("text")),
        may("metadata", metadata()),
        may("reply_to", uuid().says("A message of the conversation.")),
        may("client_msg_id", text().length(1, MAX_CLIENT_MSG_ID).says("The same post again is the same answer.")),
    ]);
    vec![
        get("/api/conversations", "listConversations", "One's conversations")
            .signed_in()
            .query("kind", kind(), "Only this kind.")
            .query("status", chat_status(), "Only support chats of this status.")
            .answers(200, "Newest first.", list(shared("Conversation")))
            .paged(),
        post("/api/conversations", "openConversation", "The direct conversation with somebody")
            .signed_in()
            .takes(form([must("kind", always("direct")), must("user", user_ref())]))
            .idempotent()
            .answers(200, "It was there.", shared("Conversation"))
            .answers(201, "It was made.", shared("Conversation"))
            .fails(404, "`USER_NOT_FOUND`."),
        id(get("/api/conversations/{id}", "getConversation", "A conversation"))
            .answers(200, "The conversation.", shared("Conversation"))
            .fails(404, "`CONVERSATION_NOT_FOUND`."),
        id(get("/api/conversations/{id}/messages", "listMessages", "The messages of a conversation"))
            .explain("Deleted ones stay as tombstones without content. Newest first, with `after_seq` oldest first.")
            .query("after_seq", count(), "Only what changed after this `seq`; not together with `before_seq`.")
            .query("before_seq", count(), "Only messages before this `seq`.")
            .answers(200, "The messages.", list(shared("Message")))
            .paged()
            .fails(404, "`CONVERSATION_NOT_FOUND`."),
        id(post("/api/conversations/{id}/messages", "postMessage", "Write to a conversation"))
            .takes(message)
            .idempotent()
            .answers(201, "Stored; every listener is told.", shared("Message"))
            .fails(403, "Your role does not allow it, or `FOREIGN_ORIGIN`.")
            .fails(404, "`CONVERSATION_NOT_FOUND`, or `MESSAGE_NOT_FOUND` for `reply_to`.")
            .fails(409, "The chat is closed or archived, or `CLIENT_MSG_ID_REUSED`."),
        get("/api/messages/search", "searchMessages", "Search what one can read")
            .signed_in()
            .needs_query("q", text().length(1, 500), "Words.")
            .answers(200, "What fits best first, of what fits alike the newest.", list(shared("Message")))
            .paged(),
    ]
}

fn message(content_field: Field) -> [Field; 5] {
    [
        must("to_user_id", user_ref()),
        content_field,
        may("user_id", user_ref().says("Oneself.")),
        may("metadata", metadata()),
        may("session_id", text().length(0, 256)),
    ]
}

fn sends(endpoint: Endpoint) -> Endpoint {
    let sent = object([success(), must("message_id", uuid()), must("created_at", time())]);
    endpoint
        .signed_in()
        .idempotent()
        .answers(201, "Stored; the two are told.", sent)
        .fails(403, "`user_id` is not you, your role does not allow it, or `FOREIGN_ORIGIN`.")
        .fails(404, "`USER_NOT_FOUND`.")
}

fn stored() -> Vec<Endpoint> {
    let words = || {
        form(
            message(may("content", content().says("Or `text_content`: one of the two is needed.")))
                .into_iter()
                .chain([may("text_content", content())]),
        )
    };
    let about = form([
        must(
            "mime_type",
            text().length(1, 200).says("audio/webm, ogg, mpeg, mp4, wav, aac or flac; parameters are allowed."),
        ),
        may("duration_ms", count()),
    ]);
    let audio = form(
        message(must("content", text().says("The audio in base64, at most 10 MB decoded.")))
            .into_iter()
            .filter(|field| !field.is("metadata"))
            .chain([must("metadata", about.open())]),
    );
    let types = ["audio/webm", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/wav", "audio/aac", "audio/flac"];
    vec![
        sends(post("/api/chat/message/text", "sendText", "Send somebody a text").takes(words())),
        sends(post("/api/chat/message/audio", "sendAudio", "Send somebody audio").takes(audio))
            .fails(413, "`AUDIO_TOO_LARGE`, or the body has more than 15 MiB.")
            .fails(429, "`TOO_MANY_UPLOADS` while four uploads of yours are on their way, or `RATE_LIMITED`."),
        sends(post("/api/chat/message/system", "sendSystem", "Send somebody a notice").takes(words()))
            .explain("For agents, or to oneself."),
        get("/api/chat/message/audio/content", "audioContent", "The bytes of an audio message")
            .signed_in()
            .needs_query("id", uuid(), "The message.")
            .header("Range", text().example("bytes=0-1023"), "A part of the bytes (RFC 9110).")
            .answers_with(200, "All of them.", &types)
            .answers_with(206, "The part.", &types)
            .tells(200, "Accept-Ranges")
            .tells(206, "Accept-Ranges")
            .tells(206, "Content-Range")
            .fails(404, "`AUDIO_NOT_FOUND`.")
            .fails(416, "`RANGE_NOT_SATISFIABLE`."),
        get("/api/chat/messages", "listStored", "The messages of two users, in both directions")
            .signed_in()
            .needs_query("user_id", text(), "One of the two.")
            .needs_query("to_user_id", text(), "The other. One is oneself.")
            .query("session_id", text(), "Only those of this session.")
            .answers(200, "Newest first.", list(shared("StoredMessage")))
            .paged()
            .fails(403, "Neither of the two is you."),
    ]
}
