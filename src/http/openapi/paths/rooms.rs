//! Messages to everybody, to one and to rooms; rooms.

use crate::http::openapi::endpoint::{Endpoint, delete, get, post};
use crate::http::openapi::schemas::{content, description, title};
use crate::http::openapi::shape::{count, form, list, may, must, object, shared, text, time, uuid};

pub fn endpoints() -> Vec<Endpoint> {
    let mut all = messages();
    all.extend(rooms());
    all
}

fn messages() -> Vec<Endpoint> {
    let sent = form([
        must("content", content()),
        may("recipient", text().length(1, 1_000).says("A username. Neither this nor `room_id`: to everybody.")),
        may("room_id", uuid().says("Not together with `recipient`.")),
        may("sender", text().says("Oneself.")),
    ]);
    let connected = object([must("connected_users", list(text())), must("count", count()), must("timestamp", time())]);
    vec![
        post("/api/messages", "postRoomsMessage", "Write to everybody, to one or to a room")
            .signed_in()
            .takes(sent)
            .idempotent()
            .answers(201, "Stored; every listener is told.", shared("RoomMessage"))
            .fails(403, "`sender` is not you, only agents write to everybody here, or `FOREIGN_ORIGIN`.")
            .fails(404, "`USER_NOT_FOUND` or `ROOM_NOT_FOUND`."),
        get("/api/messages", "listRoomsMessages", "What one can read: to everybody, one's own, one's rooms'")
            .signed_in()
            .answers(200, "Newest first.", list(shared("RoomMessage")))
            .paged(),
        get("/api/messages/between/{user1}/{user2}", "messagesBetween", "The direct messages of two users")
            .in_path("user1", text(), "The id or the username of one.")
            .in_path("user2", text(), "The id or the username of the other.")
            .signed_in()
            .answers(200, "Newest first.", list(shared("RoomMessage")))
            .paged()
            .fails(403, "You are neither of the two, and no super-agent.")
            .fails(404, "`USER_NOT_FOUND`."),
        get("/api/ws/users", "connectedUsers", "Who is connected")
            .signed_in()
            .answers(200, "Each once, as far as you may see them.", connected)
            .paged(),
    ]
}

fn rooms() -> Vec<Endpoint> {
    let id = |endpoint: Endpoint| {
        endpoint
            .in_path("roomId", text(), "The room. What is no UUID exists nowhere: 404.")
            .signed_in()
            .fails(404, "`ROOM_NOT_FOUND`.")
    };
    let member = |endpoint: Endpoint| id(endpoint).in_path("userId", text(), "The id or the username.");
    vec![
        post("/api/rooms", "createRoom", "Make a room")
            .explain("Whoever makes it owns it.")
            .signed_in()
            .takes(form([must("name", title()), may("description", description())]))
            .idempotent()
            .answers(201, "The room.", shared("Room")),
        id(get("/api/rooms/{roomId}", "getRoom", "A room of yours")).answers(200, "The room.", shared("Room")),
        id(get("/api/rooms/{roomId}/messages", "roomMessages", "The messages of a room"))
            .answers(200, "Newest first.", list(shared("RoomMessage")))
            .paged(),
        member(post("/api/rooms/{roomId}/members/{userId}", "addMember", "Add somebody to a room"))
            .answers(200, "The room.", shared("Room"))
            .fails(403, "Only the owner adds members; or `FOREIGN_ORIGIN`.")
            .fails(404, "`ROOM_NOT_FOUND` or `USER_NOT_FOUND`."),
        member(delete(
            "/api/rooms/{roomId}/members/{userId}",
            "removeMember",
            "Remove somebody from a room, or leave it",
        ))
        .explain("When the owner leaves, the longest member owns it; the last to leave removes it.")
        .answers(200, "The room.", shared("Room"))
        .fails(403, "Only the owner removes others; or `FOREIGN_ORIGIN`.")
        .fails(404, "`ROOM_NOT_FOUND`, `USER_NOT_FOUND` or `NOT_A_MEMBER`."),
    ]
}
