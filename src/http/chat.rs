//! Direct messages in the shape of the coach API (contract, section 4): text, audio, system; and their history.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_SECURITY_POLICY, RANGE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::conversations::UserField;
use super::extract::arriving::LargeBody;
use super::extract::body::{self, Body, required};
use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::{Params, own_user};
use crate::domain::change::{Attachment, By, Draft, Posted, Target};
use crate::domain::clock::rfc3339;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::message::{Message, MessageType, parse_id};
use crate::domain::page::Slice;
use crate::domain::user::{Identity, UserRef};
use crate::domain::{MessageId, UserId};
use crate::state::AppState;
use crate::store::{History, MessageFilter, PART_BYTES, Store, StoredFile};

/// Bytes of an audio message, decoded.
const MAX_AUDIO: usize = 10 * 1024 * 1024;
/// Bytes of a body that carries audio as base64.
const MAX_AUDIO_BODY: usize = 15 * 1024 * 1024;
/// Characters of a session's name: it is only kept and compared.
const MAX_SESSION: usize = 256;
const AUDIO: [&str; 7] = ["webm", "ogg", "mpeg", "mp4", "wav", "aac", "flac"];

#[derive(Deserialize)]
pub struct MessageForm {
    to_user_id: Option<UserField>,
    user_id: Option<UserField>,
    content: Option<String>,
    text_content: Option<String>,
    metadata: Option<Value>,
    session_id: Option<String>,
}

impl MessageForm {
    /// A message of the caller, once everything but its content is checked.
    fn draft(&self, caller: &Identity, content: String) -> Result<Draft> {
        if let Some(user) = &self.user_id {
            own_user("user_id", &named(user), caller)?;
        }
        let to = required("to_user_id", self.to_user_id.as_ref())?;
        let session_id = self.session_id.clone().filter(|id| !id.is_empty());
        if session_id.as_ref().is_some_and(|id| id.chars().count() > MAX_SESSION) {
            return Err(Error::invalid(
                "session_id",
                format!("session_id must have at most {MAX_SESSION} characters."),
            ));
        }
        let target = Target::User { user: UserRef::parse(&named(to)), field: "to_user_id" };
        let metadata = self.metadata.clone().filter(|value| !value.is_null());
        Ok(Draft { metadata, session_id, ..Draft::text(target, content) })
    }

    fn text(&self) -> Result<String> {
        required("content", self.content.clone().or_else(|| self.text_content.clone()))
    }
}

pub(super) fn named(user: &UserField) -> String {
    match user {
        UserField::Id(id) => id.to_string(),
        UserField::Text(text) => text.clone(),
    }
}

/// `POST /api/chat/message/text`
pub async fn send_text(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<MessageForm>,
) -> Result<HttpResponse> {
    send_plain(&request, state, caller.0, body, MessageType::Text).await
}

/// `POST /api/chat/message/system`: agents, or to oneself.
pub async fn send_system(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<MessageForm>,
) -> Result<HttpResponse> {
    send_plain(&request, state, caller.0, body, MessageType::System).await
}

async fn send_plain(
    request: &HttpRequest,
    state: Data<AppState>,
    caller: Identity,
    body: Body<MessageForm>,
    msg_type: MessageType,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(request, &caller)?;
    let work = move |client_msg_id| async move {
        let draft = Draft { msg_type, client_msg_id, ..body.value.draft(&caller, body.value.text()?)? };
        Ok(sent(&state.conversations.post(By::from(&caller), draft).await?))
    };
    idempotent.run_named(&body.raw, work).await
}

fn sent(posted: &Posted) -> HttpResponse {
    let created_at = rfc3339::format(posted.message.created_at);
    HttpResponse::Created().json(json!({"success": true, "message_id": posted.message.id, "created_at": created_at}))
}

/// `POST /api/chat/message/audio`
pub async fn send_audio(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    LargeBody { body, place }: LargeBody,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    body::check_media_type(&request)?;
    let raw = body::read(body, MAX_AUDIO_BODY).await?;
    let form: MessageForm = body::parse(&raw)?;
    let fingerprint = raw.clone();
    let work = move |client_msg_id| async move {
        let _until_stored = place;
        let mut draft = form.draft(&caller.0, String::new())?;
        draft.msg_type = MessageType::Audio;
        draft.client_msg_id = client_msg_id;
        draft.attachment = Some(audio(&form)?);
        Ok(sent(&state.conversations.post(By::from(&caller.0), draft).await?))
    };
    idempotent.run_named(&fingerprint, work).await
}

fn audio(form: &MessageForm) -> Result<Attachment> {
    let metadata = required("metadata", form.metadata.as_ref())?;
    let mime_type = audio_type(metadata.get("mime_type").and_then(Value::as_str).unwrap_or_default())?;
    let duration_ms = match metadata.get("duration_ms") {
        None | Some(Value::Null) => None,
        Some(value) => Some(value.as_i64().filter(|duration| *duration >= 0).ok_or_else(|| {
            Error::invalid("metadata.duration_ms", "metadata.duration_ms must be a whole number of milliseconds.")
        })?),
    };
    let bytes = STANDARD.decode(form.text()?.trim_end()).unwrap_or_default();
    if bytes.is_empty() {
        return Err(Error::invalid("content", "content must be the audio in base64."));
    }
    if bytes.len() > MAX_AUDIO {
        let message = "Audio has at most 10 MB: make a shorter recording.";
        return Err(Error::new(Kind::TooLarge, "AUDIO_TOO_LARGE", "Audio too large", message).with("max_size_mb", 10));
    }
    Ok(Attachment { mime_type, duration_ms, bytes: bytes.into() })
}

/// One of the types that browsers record and play; parameters such as `codecs` are kept.
fn audio_type(text: &str) -> Result<String> {
    let known = |essence: &str| {
        essence.strip_prefix("audio/").is_some_and(|name| AUDIO.contains(&name.to_ascii_lowercase().as_str()))
    };
    let plain = text.len() <= 200 && text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if plain && known(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str()) {
        return Ok(text.to_owned());
    }
    let types = "metadata.mime_type must be audio/webm, ogg, mpeg, mp4, wav, aac or flac.";
    Err(Error::invalid("metadata.mime_type", types))
}

/// `GET /api/chat/message/audio/content`
pub async fn audio_content(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let no_audio = || Error::not_found("AUDIO_NOT_FOUND", "Audio message not found");
    let id = parse_id(params.required("id")?).map_err(|_| Error::invalid("id", "id must be the id of a message."))?;
    let by = By::from(&caller.0);
    let (_, message) = state.conversations.message(by, id).await.map_err(|error| match error.kind {
        Kind::NotFound => no_audio(),
        _ => error,
    })?;
    let file = state.store.attachment(message.id).await?.ok_or_else(no_audio)?;
    Ok(content(&request, state.store.clone(), file))
}

/// A part of a file: the whole, what `Range` asks for (RFC 9110, section 14), or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    /// From, to (exclusive).
    Range(u64, u64),
    Impossible,
}

fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = range.and_then(|range| range.strip_prefix("bytes=")).filter(|spec| !spec.contains(',')) else {
        return Wanted::All;
    };
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::All };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(last)) if start <= last => (start, last.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if last.is_empty() => (start, size),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => (size.saturating_sub(count), size),
        (Err(_), Ok(_)) if first.is_empty() => return Wanted::Impossible,
        _ => return Wanted::All,
    };
    if start < end { Wanted::Range(start, end) } else { Wanted::Impossible }
}

fn content(request: &HttpRequest, store: Store, file: StoredFile) -> HttpResponse {
    let range = request.headers().get(RANGE).and_then(|value| value.to_str().ok());
    let (status, start, end) = match wanted(range, file.size) {
        Wanted::All => (StatusCode::OK, 0, file.size),
        Wanted::Range(start, end) => (StatusCode::PARTIAL_CONTENT, start, end),
        Wanted::Impossible => return impossible(file.size),
    };
    let mut answer = HttpResponse::build(status);
    answer.insert_header((ACCEPT_RANGES, "bytes")).insert_header((CONTENT_SECURITY_POLICY, "sandbox"));
    if status == StatusCode::PARTIAL_CONTENT {
        answer.insert_header((CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, file.size)));
    }
    let parts = futures_util::stream::try_unfold(start, move |at| {
        let store = store.clone();
        async move {
            let piece = piece(&store, file.id, at, end).await?;
            Ok::<_, Error>(piece.map(|bytes| (bytes.clone(), at + bytes.len() as u64)))
        }
    });
    answer.content_type(file.mime_type).body(actix_web::body::SizedStream::new(end - start, Box::pin(parts)))
}

/// What is in one part from `at` on, up to `end`.
async fn piece(store: &Store, file: uuid::Uuid, at: u64, end: u64) -> Result<Option<Bytes>> {
    if at >= end {
        return Ok(None);
    }
    let part = i32::try_from(at / PART_BYTES).map_err(|_| Error::internal("a file of too many parts"))?;
    let bytes = store.attachment_part(file, part).await?.map(Bytes::from);
    let bytes = bytes.ok_or_else(|| Error::internal("a file without its bytes"))?;
    let begin = part.unsigned_abs() as u64 * PART_BYTES;
    let from = usize::try_from(at - begin).unwrap_or(usize::MAX).min(bytes.len());
    let to = usize::try_from(end - begin).unwrap_or(usize::MAX).min(bytes.len());
    Ok(Some(bytes.slice(from..to)))
}

fn impossible(size: u64) -> HttpResponse {
    let error = json!({"error": "Range not satisfiable", "code": "RANGE_NOT_SATISFIABLE",
        "message": format!("The audio has {size} bytes: ask for a range within them.")});
    HttpResponse::RangeNotSatisfiable().insert_header((CONTENT_RANGE, format!("bytes */{size}"))).json(error)
}

/// A direct message as the coach API shows it.
#[derive(Serialize)]
struct StoredView {
    id: MessageId,
    user_id: Option<UserId>,
    to_user_id: UserId,
    msg_type: MessageType,
    text_content: String,
    metadata: Option<Value>,
    session_id: Option<String>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
}

/// `GET /api/chat/messages`
pub async fn list_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let (one, other) = (params.required("user_id")?, params.required("to_user_id")?);
    let one = resolve(&state, &caller.0, "user_id", one).await?;
    let other = resolve(&state, &caller.0, "to_user_id", other).await?;
    let me = caller.0.user_id;
    let paging = Paging::of("chat-messages", &params, &caller.0)?;
    let (Some(one), Some(other)) = (one, other) else { return Err(not_among_them()) };
    if me != one && me != other {
        return Err(not_among_them());
    }
    let filter = MessageFilter { session_id: params.get("session_id").map(str::to_owned), without_deleted: true };
    let found = match state.conversations.between(By::from(&caller.0), one, other).await? {
        Some(direct) => state.conversations.history(&direct, History::Before(None), &filter, paging.page).await?,
        None => Slice { items: Vec::new(), next: None },
    };
    let counterpart = move |sender: Option<UserId>| if sender == Some(one) { other } else { one };
    Ok(paging.answer(&request, found, |message| view(message, counterpart)))
}

fn view(message: Message, counterpart: impl Fn(Option<UserId>) -> UserId) -> StoredView {
    let user_id = message.sender.id();
    StoredView {
        id: message.id,
        user_id,
        to_user_id: counterpart(user_id),
        msg_type: message.msg_type,
        text_content: message.content,
        metadata: message.metadata,
        session_id: message.session_id,
        created_at: message.created_at,
    }
}

fn not_among_them() -> Error {
    Error::forbidden("One of user_id and to_user_id must be yourself.").field("user_id")
}

/// A user named in the query: by number, or by name.
async fn resolve(state: &AppState, caller: &Identity, field: &'static str, text: &str) -> Result<Option<UserId>> {
    let reference = UserRef::parse(text);
    if let UserRef::Name(name) = &reference {
        let number = name.bytes().all(|b| b.is_ascii_digit());
        if !number && crate::domain::account::username(name).is_err() {
            return Err(Error::invalid(field, format!("{field} must be a user's id or username.")));
        }
    }
    match reference {
        UserRef::Id(id) => Ok(Some(id)),
        name => {
            let public = state.settings.server.public_directory;
            Ok(state.accounts.reachable(caller, &name, public).await?.map(|user| user.id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (range, found) in [
            ("bytes=0-99", Wanted::Range(0, 100)),
            ("bytes=1000-", Wanted::Range(1000, 1024)),
            ("bytes=-24", Wanted::Range(1000, 1024)),
            ("bytes=10-99999", Wanted::Range(10, 1024)),
            ("bytes=-9999", Wanted::Range(0, 1024)),
            ("bytes=1024-", Wanted::Impossible),
            ("bytes=5000-6000", Wanted::Impossible),
            ("bytes=-0", Wanted::Impossible),
            ("bytes=9-1", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=0-1,3-4", Wanted::All),
            ("lines=1-2", Wanted::All),
        ] {
            assert_eq!(wanted(Some(range), 1024), found, "{range}");
        }
        assert_eq!(wanted(None, 1024), Wanted::All);
    }

    #[test]
    fn audio_types_may_have_parameters_and_nothing_else() {
        for good in ["audio/webm", "audio/webm;codecs=opus", "audio/ogg; codecs=vorbis", "AUDIO/WAV"] {
            assert_eq!(audio_type(good).ok().as_deref(), Some(good));
        }
        for bad in ["", "audio", "audio/evil", "text/html", "audio/webm\r\nX-Evil: 1", "video/webm"] {
            assert!(audio_type(bad).is_err(), "{bad}");
        }
    }
}
