//! Support chats.

use crate::http::openapi::endpoint::{Endpoint, delete, get, post, put};
use crate::http::openapi::schemas::{chat_status, content, message_type, user_ref};
use crate::http::openapi::shape::{form, list, may, must, object, shared, success, text};

fn id(endpoint: Endpoint) -> Endpoint {
    endpoint
        .in_path("id", text(), "The chat. What is no UUID exists nowhere: 404.")
        .signed_in()
        .fails(404, "`CHAT_NOT_FOUND`: there is none, or you take no part in it.")
}

fn changes(endpoint: Endpoint) -> Endpoint {
    id(endpoint).answers(200, "The chat.", shared("Chat"))
}

pub fn endpoints() -> Vec<Endpoint> {
    let opened = form([
        may("customerId", user_ref().says("Customers may leave it out: it is themselves.")),
        may("agentId", user_ref().says("None: the chat waits for the first agent to join or reply.")),
    ]);
    let archiving = "For agents only; or `FOREIGN_ORIGIN`.";
    vec![
        get("/api/chats", "listChats", "Chats")
            .explain("Customers see their own, agents those assigned to them and to nobody, super-agents all.")
            .signed_in()
            .query("status", chat_status(), "Only chats of this status.")
            .answers(200, "Newest first.", list(shared("Chat")))
            .paged(),
        post("/api/chats", "openChat", "Open a chat")
            .signed_in()
            .takes(opened)
            .idempotent()
            .answers(201, "The chat.", shared("Chat"))
            .fails(403, "Customers open chats for themselves only; or `FOREIGN_ORIGIN`.")
            .fails(404, "`USER_NOT_FOUND`."),
        changes(get("/api/chats/{id}", "getChat", "A chat")),
        id(delete("/api/chats/{id}", "deleteChat", "Delete a chat with its messages"))
            .explain("For its agent and super-agents.")
            .answers(200, "Deleted.", object([success()]))
            .fails(403, "For its agent and super-agents only; or `FOREIGN_ORIGIN`."),
        id(get("/api/chats/{id}/messages", "chatMessages", "The messages of a chat"))
            .answers(200, "Newest first.", list(shared("ChatMessage")))
            .paged(),
        id(post("/api/chats/{id}/messages", "postChatMessage", "Write in a chat"))
            .takes(form([
                must("content", content()),
                may("type", message_type().default("text").says("`system` is for agents.")),
            ]))
            .idempotent()
            .answers(201, "Stored; the participants are told.", shared("ChatMessage"))
            .fails(403, "`system` is for agents; or `FOREIGN_ORIGIN`.")
            .fails(409, "The chat is closed or archived, or the first request with this key still runs."),
        changes(put("/api/chats/{id}/status", "setChatStatus", "Close a chat, or open it again"))
            .explain("Into and out of `archived` by agents only.")
            .takes(form([must("status", chat_status())]))
            .fails(403, "`archived` is for agents; or `FOREIGN_ORIGIN`."),
        changes(put("/api/chats/{id}/assign", "assignChat", "Give a chat to an agent"))
            .explain("Agents take chats that wait: the first wins, others get 404. Super-agents assign anyone.")
            .takes(form([must("agentId", user_ref())]))
            .fails(403, "Customers assign nobody; or `FOREIGN_ORIGIN`."),
        changes(put("/api/chats/{id}/archive", "archiveChat", "Archive a chat")).fails(403, archiving),
        changes(put("/api/chats/{id}/unarchive", "unarchiveChat", "Give an archived chat the status of before"))
            .fails(403, archiving)
            .fails(409, "`CHAT_NOT_ARCHIVED`."),
    ]
}
