//! Conversations of every kind in the shape of the native protocol: lists, history, search; making, posting.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::Value;

use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::domain::change::{By, Draft, Target};
use crate::domain::conversation::{ChatStatus, ConversationKind, parse_id};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::message::MessageType;
use crate::domain::user::{User, UserRef};
use crate::state::AppState;
use crate::store::{ConversationFilter, History, MessageFilter};
use crate::wire::coach::{ConversationView, MessageView};

/// A user named in a body: the integer, the integer as a string, or the username.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a user: an id or a username")]
pub enum UserField {
    Id(i64),
    Text(String),
}

impl From<UserField> for UserRef {
    fn from(field: UserField) -> Self {
        match field {
            UserField::Id(id) => Self::Id(id),
            UserField::Text(text) => Self::parse(&text),
        }
    }
}

#[derive(Deserialize)]
pub struct OpenForm {
    kind: Option<String>,
    user: Option<UserField>,
}

#[derive(Deserialize)]
pub struct MessageForm {
    content: Option<String>,
    msg_type: Option<String>,
    metadata: Option<Value>,
    reply_to: Option<String>,
    client_msg_id: Option<String>,
}

/// Whether somebody is shown as online.
pub fn is_online(state: &AppState) -> impl Fn(&User) -> bool + '_ {
    |user| !user.away && state.hub.online.contains(user.id)
}

/// An answer whose shape is known to serialise.
pub fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::internal(error.to_string()))
}

/// `GET /api/conversations`
pub async fn list_conversations(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("conversations", &params, &caller.0)?;
    let kind = params.get("kind").map(|kind| {
        let kinds = "kind must be assistant, global, direct, room, channel or support.";
        ConversationKind::parse(kind).ok_or_else(|| Error::invalid("kind", kinds))
    });
    let status = params.get("status").map(ChatStatus::parse).transpose()?;
    let filter = ConversationFilter { kind: kind.transpose()?, status };
    let found = state.conversations.list(By::from(&caller.0), filter, paging.page).await?;
    let online = is_online(&state);
    let view = |overview| json(&ConversationView::of(&overview, caller.0.user_id, &online)).unwrap_or_default();
    Ok(paging.answer(&request, found, view))
}

/// `GET /api/conversations/{id}`
pub async fn get_conversation(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let overview = state.conversations.overview(By::from(&caller.0), parse_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(ConversationView::of(&overview, caller.0.user_id, &is_online(&state))))
}

/// `POST /api/conversations`: the direct conversation with somebody, found (200) or made (201).
pub async fn open_conversation(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<OpenForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = async move {
        if required("kind", body.value.kind)? != "direct" {
            return Err(Error::invalid(
                "kind",
                "kind must be direct: rooms, channels and chats have paths of their own.",
            ));
        }
        let (by, user) = (By::from(&caller.0), required("user", body.value.user)?.into());
        let (conversation, created) = state.conversations.open_direct(by, user, "user").await?;
        let overview = state.conversations.overview(by, conversation.id).await?;
        let view = ConversationView::of(&overview, by.user, &is_online(&state));
        Ok(if created { HttpResponse::Created() } else { HttpResponse::Ok() }.json(view))
    };
    idempotent.run(&body.raw, work).await
}

/// `GET /api/conversations/{id}/messages`
pub async fn list_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    params: Params,
) -> Result<HttpResponse> {
    let conversation = state.conversations.visible(By::from(&caller.0), parse_id(&id)?).await?;
    let paging = Paging::of("history", &params, &caller.0)?;
    let history = match (seq(&params, "after_seq")?, seq(&params, "before_seq")?) {
        (Some(_), Some(_)) => return Err(Error::invalid("after_seq", "Give after_seq or before_seq, not both.")),
        (Some(after), None) => History::After(after),
        (None, before) => History::Before(before),
    };
    let found = state.conversations.history(&conversation, history, &MessageFilter::default(), paging.page).await?;
    let online = is_online(&state);
    Ok(paging.answer(&request, found, |message| json(&MessageView::of(&message, &online)).unwrap_or_default()))
}

fn seq(params: &Params, name: &'static str) -> Result<Option<i64>> {
    let number = |text: &str| text.parse::<i64>().ok().filter(|seq| *seq >= 0);
    let seq = params
        .get(name)
        .map(|text| number(text).ok_or_else(|| Error::invalid(name, format!("{name} must be a whole number from 0."))));
    seq.transpose()
}

/// `POST /api/conversations/{id}/messages`
pub async fn post_message(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    body: Body<MessageForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = move |name| async move {
        let mut draft = draft(Target::Conversation(parse_id(&id)?), body.value)?;
        draft.client_msg_id = draft.client_msg_id.or(name);
        let posted = state.conversations.post(By::from(&caller.0), draft).await?;
        Ok(HttpResponse::Created().json(MessageView::of(&posted.message, &is_online(&state))))
    };
    idempotent.run_named(&body.raw, work).await
}

fn draft(target: Target, form: MessageForm) -> Result<Draft> {
    let reply_to = form.reply_to.map(|id| uuid::Uuid::try_parse(&id)).transpose();
    Ok(Draft {
        msg_type: form.msg_type.as_deref().map_or(Ok(MessageType::Text), |text| msg_type("msg_type", text))?,
        reply_to: reply_to.map_err(|_| Error::invalid("reply_to", "reply_to must be the id of a message."))?,
        metadata: form.metadata.filter(|value| !value.is_null()),
        client_msg_id: form.client_msg_id,
        ..Draft::text(target, required("content", form.content)?)
    })
}

/// Reads the type of a message.
pub fn msg_type(field: &'static str, text: &str) -> Result<MessageType> {
    let types = format!("{field} must be text, image, audio, video, file or system.");
    MessageType::parse(text)
        .ok_or_else(|| Error::new(Kind::Invalid, "INVALID_PARAMETER", "Invalid parameter", types).field(field))
}

/// `GET /api/messages/search`
pub async fn search_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let query = params.required("q")?;
    if query.chars().count() > 500 {
        return Err(Error::invalid("q", "q must have at most 500 characters."));
    }
    let paging = Paging::of("message-search", &params, &caller.0)?;
    let found = state.conversations.search(By::from(&caller.0), query, paging.page).await?;
    let online = is_online(&state);
    Ok(paging.answer(&request, found, |message| json(&MessageView::of(&message, &online)).unwrap_or_default()))
}
