//! Every path, by what it belongs to: the table of `http/routes.rs` in words.

mod accounts;
mod channels;
mod coach;
mod conversations;
mod interview;
mod rooms;
mod service;
mod sockets;
mod support;

use super::endpoint::Endpoint;

/// A group of paths.
pub struct Section {
    pub name: &'static str,
    pub words: &'static str,
    pub endpoints: Vec<Endpoint>,
}

pub fn sections() -> [Section; 9] {
    let section = |name, words, endpoints| Section { name, words, endpoints };
    [
        section("Service", "What the server is, how it does, and what it counts.", service::endpoints()),
        section("Accounts", "Signing up, in and out; users; what is stored about oneself.", accounts::endpoints()),
        section("Coach", "Résumés, their analysis, and what was found in them.", coach::endpoints()),
        section(
            "Interview",
            "Questions for an interview, the library of saved ones, and the memory that answers from it.",
            interview::endpoints(),
        ),
        section("Conversations", "Conversations of every kind, and messages between two.", conversations::endpoints()),
        section("Rooms", "Messages to everybody, to one and to rooms; rooms and their members.", rooms::endpoints()),
        section("Support", "Chats of customers with agents. Names are camelCase.", support::endpoints()),
        section(
            "Channels",
            "Channels and their messages. Answers are wrapped: `{\"success\":true,\"data\":…}`, refusals \
             `{\"success\":false,\"error\":…}`.",
            channels::endpoints(),
        ),
        section("Sockets", include_str!("../../../../docs/sockets.md"), sockets::endpoints()),
    ]
}
