//! Channels and their messages.

use crate::http::openapi::endpoint::{Endpoint, delete, get, post, put};
use crate::http::openapi::schemas::{content, description, slug, title};
use crate::http::openapi::shape::{count, form, list, map, may, must, object, shared, text, uuid};

fn channel(endpoint: Endpoint) -> Endpoint {
    endpoint
        .in_path("id", text(), "The id of the channel, such as general.")
        .signed_in()
        .fails(404, "`CHANNEL_NOT_FOUND`.")
}

fn message(endpoint: Endpoint) -> Endpoint {
    endpoint
        .in_path("id", text(), "The message. What is no UUID exists nowhere: 404.")
        .signed_in()
        .fails(404, "`MESSAGE_NOT_FOUND`: there is none in a channel.")
}

pub fn endpoints() -> Vec<Endpoint> {
    let deleted = object([must("id", uuid()), must("channel_id", slug()), must("user_email", text())]);
    vec![
        get("/api/v1/channels", "listChannels", "All channels")
            .signed_in()
            .answers(200, "By name.", list(shared("Channel")))
            .paged(),
        post("/api/v1/channels", "createChannel", "Make a channel")
            .explain("Its id is made of the name.")
            .signed_in()
            .takes(form([must("name", title()), may("description", description())]))
            .idempotent()
            .answers(201, "The channel.", shared("Channel"))
            .fails(409, "`CHANNEL_EXISTS`, or the first request with this key still runs."),
        channel(get("/api/v1/channels/{id}", "getChannel", "A channel")).answers(
            200,
            "The channel.",
            shared("Channel"),
        ),
        channel(delete("/api/v1/channels/{id}", "deleteChannel", "Delete a channel with its messages"))
            .answers(200, "Deleted.", object([must("id", slug())]))
            .fails(403, "For its creator and agents only; or `FOREIGN_ORIGIN`.")
            .fails(409, "`CHANNEL_PROTECTED`: `general` stays."),
        get("/api/v1/messages", "channelMessages", "The messages of a channel")
            .signed_in()
            .needs_query("channel_id", slug(), "The id of the channel.")
            .answers(200, "Newest first.", list(shared("ChannelMessage")))
            .paged()
            .fails(404, "`CHANNEL_NOT_FOUND`."),
        post("/api/v1/messages", "postChannelMessage", "Write in a channel")
            .signed_in()
            .takes(form([must("channel_id", slug()), must("content", content())]))
            .idempotent()
            .answers(201, "Stored; the channel is told.", shared("ChannelMessage"))
            .fails(404, "`CHANNEL_NOT_FOUND`."),
        message(put("/api/v1/messages/{id}", "editChannelMessage", "Edit a message"))
            .takes(form([must("content", content())]))
            .answers(200, "The message.", shared("ChannelMessage"))
            .fails(403, "Only its author may; or `FOREIGN_ORIGIN`."),
        message(delete("/api/v1/messages/{id}", "deleteChannelMessage", "Delete a message"))
            .answers(200, "Deleted.", deleted)
            .fails(403, "Only its author and agents may; or `FOREIGN_ORIGIN`."),
        get("/api/v1/ws/stats", "channelStats", "How many clients, and in which channels").signed_in().answers(
            200,
            "The sums.",
            object([must("total_clients", count()), must("channels", map(count()))]),
        ),
    ]
}
