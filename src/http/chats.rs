//! Support chats: opened, read, answered, closed, given to an agent, archived, deleted.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::conversations::{UserField, is_online, json as shown, msg_type};
use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::domain::ConversationId;
use crate::domain::change::{By, Draft, Target};
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind};
use crate::domain::error::{Error, Result};
use crate::domain::event::Overview;
use crate::domain::message::MessageType;
use crate::domain::user::{Identity, UserRef};
use crate::state::AppState;
use crate::store::{ConversationFilter, History, MessageFilter};
use crate::wire::support::{ChatView, MessageView};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenForm {
    customer_id: Option<UserField>,
    agent_id: Option<UserField>,
}

#[derive(Deserialize)]
pub struct MessageForm {
    content: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
pub struct StatusForm {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignForm {
    agent_id: Option<UserField>,
}

/// What is no UUID exists nowhere.
fn chat_id(text: &str) -> Result<ConversationId> {
    Uuid::try_parse(text).map_err(|_| Error::not_found("CHAT_NOT_FOUND", "Chat not found"))
}

async fn overview(state: &AppState, caller: &Identity, chat: Conversation) -> Result<Overview> {
    state.conversations.overview_of(By::from(caller), chat).await
}

async fn answer(state: &AppState, caller: &Identity, chat: Conversation) -> Result<HttpResponse> {
    let overview = overview(state, caller, chat).await?;
    Ok(HttpResponse::Ok().json(ChatView::of(&overview, caller, &is_online(state))))
}

/// `GET /api/chats`
pub async fn list_chats(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("chats", &params, &caller.0)?;
    let status = params.get("status").map(ChatStatus::parse).transpose()?;
    let filter = ConversationFilter { kind: Some(ConversationKind::Support), status };
    let found = state.conversations.list(By::from(&caller.0), filter, paging.page).await?;
    let online = is_online(&state);
    Ok(paging
        .answer(&request, found, |overview| shown(&ChatView::of(&overview, &caller.0, &online)).unwrap_or_default()))
}

/// `POST /api/chats`
pub async fn open_chat(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<OpenForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = async move {
        let customer = match body.value.customer_id {
            Some(customer) => customer.into(),
            None if caller.0.role.is_staff() => return Err(Error::invalid("customerId", "customerId is required.")),
            None => UserRef::Id(caller.0.user_id),
        };
        let agent = body.value.agent_id.map(UserRef::from);
        let chat = state.conversations.open_chat(By::from(&caller.0), customer, agent).await?;
        let overview = overview(&state, &caller.0, Conversation::clone(&chat)).await?;
        Ok(HttpResponse::Created().json(ChatView::of(&overview, &caller.0, &is_online(&state))))
    };
    idempotent.run(&body.raw, work).await
}

/// `GET /api/chats/{id}`
pub async fn get_chat(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let chat = state.conversations.chat(By::from(&caller.0), chat_id(&id)?).await?;
    answer(&state, &caller.0, chat).await
}

/// `GET /api/chats/{id}/messages`
pub async fn list_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    params: Params,
) -> Result<HttpResponse> {
    let chat = state.conversations.chat(By::from(&caller.0), chat_id(&id)?).await?;
    let paging = Paging::of("chat-messages", &params, &caller.0)?;
    let filter = MessageFilter { without_deleted: true, ..MessageFilter::default() };
    let found = state.conversations.history(&chat, History::Before(None), &filter, paging.page).await?;
    Ok(paging.answer(&request, found, |message| shown(&MessageView::of(&message)).unwrap_or_default()))
}

/// `POST /api/chats/{id}/messages`
pub async fn post_message(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    body: Body<MessageForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = move |client_msg_id| async move {
        let target = Target::Chat(chat_id(&id)?);
        let draft = Draft {
            client_msg_id,
            msg_type: body.value.kind.as_deref().map_or(Ok(MessageType::Text), |kind| msg_type("type", kind))?,
            ..Draft::text(target, required("content", body.value.content)?)
        };
        let posted = state.conversations.post(By::from(&caller.0), draft).await?;
        Ok(HttpResponse::Created().json(MessageView::of(&posted.message)))
    };
    idempotent.run_named(&body.raw, work).await
}

/// `PUT /api/chats/{id}/status`
pub async fn set_status(
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    body: Body<StatusForm>,
) -> Result<HttpResponse> {
    let id = chat_id(&id)?;
    let status = ChatStatus::parse(&required("status", body.value.status)?)?;
    let chat = state.conversations.set_chat_status(By::from(&caller.0), id, status).await?;
    answer(&state, &caller.0, Conversation::clone(&chat)).await
}

/// `PUT /api/chats/{id}/assign`
pub async fn assign(
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    body: Body<AssignForm>,
) -> Result<HttpResponse> {
    let id = chat_id(&id)?;
    let agent = required("agentId", body.value.agent_id)?.into();
    let chat = state.conversations.assign_chat(By::from(&caller.0), id, agent).await?;
    answer(&state, &caller.0, Conversation::clone(&chat)).await
}

/// `PUT /api/chats/{id}/archive`
pub async fn archive(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let by = By::from(&caller.0);
    let chat = state.conversations.set_chat_status(by, chat_id(&id)?, ChatStatus::Archived).await?;
    answer(&state, &caller.0, Conversation::clone(&chat)).await
}

/// `PUT /api/chats/{id}/unarchive`: the status before.
pub async fn unarchive(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let chat = state.conversations.unarchive_chat(By::from(&caller.0), chat_id(&id)?).await?;
    answer(&state, &caller.0, Conversation::clone(&chat)).await
}

/// `DELETE /api/chats/{id}`
pub async fn delete_chat(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    state.conversations.delete_chat(By::from(&caller.0), chat_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "success": true })))
}
