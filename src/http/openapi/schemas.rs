//! The objects that answers are made of.

use super::shape::{
    Field, Shape, always, count, either, flag, list, map, may, must, number, object, one_of, open_object, shared, text,
    time, uuid, whole,
};
use crate::domain::conversation::ConversationKind;
use crate::domain::interview::{
    Category, Difficulty, MAX_ANSWER_CHARS, MAX_NAME_CHARS, MAX_QUESTION_CHARS, MAX_TAG_CHARS, MAX_TAGS,
};
use crate::domain::job::Stage;
use crate::domain::message::MAX_CONTENT;

/// The texts of requests and answers that have bounds.
pub fn username() -> Shape {
    text().length(3, 50).like("^[A-Za-z0-9_.-]+$").example("john_doe")
}

pub fn password() -> Shape {
    text().secret().length(6, 128)
}

pub fn email() -> Shape {
    text().email().length(3, 254).example("john@example.com")
}

pub fn person_name() -> Shape {
    text().length(2, 100).example("John Doe")
}

pub fn role() -> Shape {
    one_of(["customer", "agent", "super-agent"])
}

/// A user as requests may name them.
pub fn user_ref() -> Shape {
    either([whole(), text()]).says("A user: the id, the id as a string, or the username.")
}

pub fn content() -> Shape {
    text().length(1, MAX_CONTENT)
}

pub fn message_type() -> Shape {
    one_of(["text", "image", "audio", "video", "file", "system"])
}

pub fn chat_status() -> Shape {
    one_of(["active", "closed", "archived"])
}

pub fn kind() -> Shape {
    one_of(ConversationKind::ALL.map(ConversationKind::as_str))
}

pub fn category() -> Shape {
    one_of(Category::ALL.map(Category::as_str))
}

pub fn difficulty() -> Shape {
    one_of(Difficulty::ALL.map(Difficulty::as_str))
}

pub fn tags() -> Shape {
    list(text().length(1, MAX_TAG_CHARS)).entries(MAX_TAGS)
}

pub fn slug() -> Shape {
    text().length(1, 80).like("^[a-z0-9][a-z0-9_-]*$").example("general")
}

pub fn title() -> Shape {
    text().length(1, 100)
}

pub fn description() -> Shape {
    text().length(0, 2000)
}

/// A name in an interview: a job title, a company, a level.
pub fn short() -> Shape {
    text().length(0, MAX_NAME_CHARS)
}

pub fn question() -> Shape {
    text().length(1, MAX_QUESTION_CHARS)
}

pub fn long() -> Shape {
    text().length(0, MAX_ANSWER_CHARS)
}

pub fn job_status() -> Shape {
    one_of(Stage::ALL.map(Stage::as_str).into_iter().chain(["failed"]))
}

fn error_fields() -> [Field; 4] {
    [
        must("error", text().says("A short title.").example("Invalid parameter")),
        must("message", text().says("What went wrong, and what to do.")),
        must("code", text().like("^[A-Z][A-Z0-9_]*$").says("Stable: for programs.").example("INVALID_PARAMETER")),
        may("field", text().says("The field or parameter that is wrong.")),
    ]
}

pub fn schemas() -> Vec<(&'static str, Shape)> {
    let error = object(error_fields()).open().says("What went wrong. Further members tell the circumstances.");
    let wrapped = [must("success", always(false))].into_iter().chain(error_fields());
    let mut all = vec![("Error", error), ("ChannelsError", object(wrapped).open().says("The same under `/api/v1`."))];
    all.extend(accounts());
    all.extend(coach());
    all.extend(profile());
    all.extend(interview());
    all.extend(talk());
    all
}

fn accounts() -> [(&'static str, Shape); 2] {
    let user = object([
        must("id", whole()),
        must("username", username()),
        must("name", text()),
        may("email", text().email().says("For oneself and for agents only.")),
        must("role", role()),
        must("avatar", text().or_null()),
        must("is_online", flag().says("A socket is open, and the user is not away.")),
        must("isOnline", flag()),
        must("created_at", time()),
    ]);
    let signed_in = object([
        super::shape::success(),
        must("user", shared("User")),
        must("token", text().says("A JWT.")),
        must("expires_at", whole().says("Unix seconds.")),
    ]);
    [("User", user), ("SignedIn", signed_in)]
}

/// The members of an upload.
pub fn upload_fields() -> [Field; 9] {
    [
        must("id", whole()),
        must("filename", text()),
        must("file_name", text()),
        must("mime_type", text().example("application/pdf")),
        must("file_size", count().says("Bytes.")),
        must("linkedin_url", text().or_null()),
        must("user_id", whole()),
        must("upload_date", time()),
        must("created_at", time()),
    ]
}

fn coach() -> [(&'static str, Shape); 3] {
    let job = object([
        must("job_id", uuid()),
        must("upload_id", whole()),
        must("status", job_status()),
        must("progress", count().at_most(100).says("Per cent.")),
        must("current_step", text().example("Extracting text")),
        must("error_message", text().or_null()),
        must("attempt", whole().at_least(1)),
        may("queue_position", whole().at_least(1).says("While queued: how many run before this one, itself included.")),
        must("created_at", time()),
        must("updated_at", time()),
        must("completed_at", time().or_null()),
    ]);
    let stats = object([
        must("connected_clients", count()),
        must("authenticated_users", count()),
        must("conversations_with_listeners", count()),
        must("jobs", object([must("queued", count()), must("running", count())])),
        must("ai", text()),
        must("uptime_seconds", count()),
    ]);
    [("Upload", object(upload_fields())), ("Job", job), ("Stats", stats)]
}

fn profile() -> [(&'static str, Shape); 4] {
    let texts = || list(text());
    let experience = object([
        must("company", text().or_null()),
        must("role", text().or_null()),
        must("years", number().or_null().says("To one decimal.")),
        must("start", text().or_null().says("`YYYY-MM` or `YYYY`.")),
        must("end", text().or_null().says("`YYYY-MM`, `YYYY` or `present`.")),
        must("description", text().or_null()),
    ]);
    let education = object([
        must("degree", text().or_null()),
        must("institution", text().or_null()),
        must("year", whole().or_null()),
    ]);
    let quality = object([
        must("pages", count().says("0 where the format has none.")),
        must("chars", count()),
        must("columns", count()),
        must("scanned", flag()),
        must("hidden_text", count().says("Characters left out because a reader could not see them.")),
        must("warnings", texts()),
    ]);
    let evidence = object([must("quote", text()), must("start", count()), must("end", count())]);
    let result = object([
        must("job_id", uuid()),
        must("upload_id", whole()),
        must("name", text().or_null()),
        must("email", text().or_null()),
        must("phone", text().or_null()),
        must("linkedin_url", text().or_null()),
        must("age", whole().or_null()),
        must("location", text().or_null()),
        must("total_work_years", number().or_null()),
        must("skills", object([must("technical", texts()), must("soft", texts())])),
        must("experience", list(shared("Experience"))),
        must("education", list(shared("Education"))),
        must("summary", text().or_null()),
        must("job_recommendations", texts()),
        must("strengths", texts()),
        must("weaknesses", texts()),
        must("languages", texts()),
        must("certifications", texts()),
        must("links", texts()),
        must(
            "evidence",
            map(evidence).says("Field → the words of the résumé that prove it, `text[start..end]` in characters."),
        ),
        must(
            "unsupported",
            list(object([must("field", text()), must("value", text())]))
                .says("What a model claimed and the text does not say."),
        ),
        must("analyzer", text().example("offline")),
        must("parse_quality", shared("ParseQuality")),
        must("created_at", time()),
    ]);
    [("Experience", experience), ("Education", education), ("ParseQuality", quality), ("AnalysisResult", result)]
}

fn interview() -> [(&'static str, Shape); 2] {
    let asked = || {
        [
            must("question", text()),
            must("category", category()),
            must("difficulty", difficulty()),
            must("tags", tags()),
            must("answer", text()),
        ]
    };
    let question = object([must("id", text().example("q1"))].into_iter().chain(asked()));
    let saved = [must("id", whole()), must("question_id", text())].into_iter().chain(asked()).chain([
        must("job_title", text().or_null()),
        must("company", text().or_null()),
        must("job_id", uuid().or_null().says("Null once the job is deleted.")),
        must("saved_at", time()),
    ]);
    [("Question", question), ("SavedQuestion", object(saved))]
}

fn talk() -> [(&'static str, Shape); 9] {
    let deleted = object([
        must("id", whole().or_null()),
        must("username", always("deleted user")),
        must("name", always("deleted user")),
    ]);
    let sender = either([shared("User"), deleted, one_of(["assistant", "system"])]);
    let message = object([
        must("id", uuid()),
        must("conversation_id", uuid()),
        must("seq", count().says("Its place among the changes of the conversation.")),
        must("sender", sender),
        must("content", text().says("Empty once deleted.")),
        must("msg_type", message_type()),
        must("reply_to", uuid().or_null()),
        must("reactions", map(list(whole())).says("Emoji → users.")),
        must("metadata", open_object().or_null()),
        must("created_at", time()),
        must("updated_at", time()),
        must("deleted", flag()),
    ]);
    let conversation = object([
        must("id", uuid()),
        must("kind", kind()),
        must("title", text()),
        may("description", text()),
        may("channel_id", slug()),
        may("members", list(shared("User"))),
        may("owner_id", whole()),
        may("status", chat_status()),
        must("unread", count()),
        must("last_seq", count()),
        must("last_message", shared("Message").or_null()),
        must("created_at", time()),
    ]);
    [
        ("Message", message),
        ("Conversation", conversation),
        ("StoredMessage", stored_message()),
        ("RoomMessage", room_message()),
        ("Room", room()),
        ("Chat", chat()),
        ("ChatMessage", chat_message()),
        ("Channel", channel()),
        ("ChannelMessage", channel_message()),
    ]
}

fn stored_message() -> Shape {
    object([
        must("id", uuid()),
        must("user_id", whole().or_null().says("Null once the sender is erased.")),
        must("to_user_id", whole()),
        must("msg_type", message_type()),
        must("text_content", text()),
        must("metadata", open_object().or_null()),
        must("session_id", text().or_null()),
        must("created_at", time()),
    ])
}

fn room_message() -> Shape {
    object([
        must("id", uuid()),
        must("sender", text().says("A username, or what stands in its place.")),
        must("recipient", text().or_null()),
        must("room_id", uuid().or_null()),
        must("content", text()),
        must("created_at", time()),
    ])
}

fn room() -> Shape {
    object([
        must("id", uuid()),
        must("name", text()),
        must("description", text().or_null()),
        must("created_by", text().or_null().says("The username of the owner.")),
        must("created_at", time()),
        must("members", list(text()).says("Usernames, the longest member first.")),
    ])
}

fn chat() -> Shape {
    object([
        must("id", uuid()),
        must("customerId", whole().or_null().says("Null once the customer is erased.")),
        must("agentId", whole().or_null().says("Null: the chat waits.")),
        must("status", chat_status()),
        must("createdAt", time()),
        must("updatedAt", time()),
        must("customer", shared("User").or_null()),
        must("agent", shared("User").or_null()),
        must("lastMessage", shared("ChatMessage").or_null()),
        must("unreadCount", count()),
    ])
}

fn chat_message() -> Shape {
    let sender = object([must("id", whole().or_null()), must("name", text()), must("role", role().or_null())]);
    object([
        must("id", uuid()),
        must("chatId", uuid()),
        must("senderId", whole().or_null()),
        must("content", text()),
        must("type", message_type()),
        must("messageType", message_type()),
        must("timestamp", time()),
        must("sender", sender),
    ])
}

fn channel() -> Shape {
    object([
        must("id", slug()),
        must("name", text()),
        must("description", text().or_null()),
        must("created_by", text().or_null().says("A username; null for `general`, and once its creator is erased.")),
        must("created_at", time()),
    ])
}

fn channel_message() -> Shape {
    object([
        must("id", uuid()),
        must("channel_id", slug()),
        must("user_email", text()),
        must("content", text()),
        must("created_at", time()),
        must("updated_at", time()),
    ])
}

/// A message's metadata as a request gives it.
pub fn metadata() -> Shape {
    open_object().says("At most 8 KiB as JSON.")
}
