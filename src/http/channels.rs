//! Channels and their messages under `/api/v1`. The answers are wrapped by a layer of their own.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::conversations::json as view;
use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::actors::hub::{ChannelCounts, CountChannels};
use crate::domain::change::{By, Draft, Scope, Target};
use crate::domain::conversation::is_slug;
use crate::domain::error::{Error, Result};
use crate::domain::message::parse_id;
use crate::domain::user::Identity;
use crate::state::AppState;
use crate::store::{History, MessageFilter};
use crate::wire::Reader;
use crate::wire::channels::{ChannelView, DeletedView, MessageView, Sight};

#[derive(Deserialize)]
pub struct ChannelForm {
    name: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
pub struct MessageForm {
    channel_id: Option<String>,
    content: Option<String>,
}

#[derive(Deserialize)]
pub struct EditForm {
    content: Option<String>,
}

fn sight(state: &AppState, caller: &Identity) -> Sight {
    let reader = Reader { user: caller.user_id, is_staff: caller.role.is_staff() };
    Sight { reader, masked: state.settings.server.mask_emails }
}

/// What cannot be a slug exists nowhere (404).
fn existing(slug: String) -> Result<String> {
    if is_slug(&slug) { Ok(slug) } else { Err(Error::not_found("CHANNEL_NOT_FOUND", "Channel not found")) }
}

/// A channel that a query or a body names must have the form of one (400).
fn named(slug: &str) -> Result<&str> {
    let refused = || Error::invalid("channel_id", "channel_id must be the id of a channel, such as general.");
    is_slug(slug).then_some(slug).ok_or_else(refused)
}

/// `GET /api/v1/channels`
pub async fn list_channels(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("channels", &params, &caller.0)?;
    let found = state.conversations.channels(paging.page).await?;
    Ok(paging.answer(&request, found, |channel| view(&ChannelView::of(&channel)).unwrap_or_default()))
}

/// `POST /api/v1/channels`
pub async fn create_channel(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<ChannelForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = async move {
        let ChannelForm { name, description } = body.value;
        let name = required("name", name)?;
        let channel = state.conversations.create_channel(By::from(&caller.0), &name, description).await?;
        Ok(HttpResponse::Created().json(ChannelView::of(&channel)))
    };
    idempotent.run(&body.raw, work).await
}

/// `GET /api/v1/channels/{id}`
pub async fn get_channel(state: Data<AppState>, _: Caller, id: Path<String>) -> Result<HttpResponse> {
    let channel = state.conversations.channel(&id).await?;
    Ok(HttpResponse::Ok().json(ChannelView::of(&channel)))
}

/// `DELETE /api/v1/channels/{id}`
pub async fn delete_channel(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let slug = existing(id.into_inner())?;
    state.conversations.delete_channel(By::from(&caller.0), slug.clone()).await?;
    Ok(HttpResponse::Ok().json(json!({ "id": slug })))
}

/// `GET /api/v1/messages`
pub async fn list_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let channel = state.conversations.channel(named(params.required("channel_id")?)?).await?;
    let paging = Paging::of("history", &params, &caller.0)?;
    let filter = MessageFilter { without_deleted: true, ..MessageFilter::default() };
    let found = state.conversations.history(&channel, History::Before(None), &filter, paging.page).await?;
    let (slug, sight) = (channel.slug.as_deref().unwrap_or_default(), sight(&state, &caller.0));
    Ok(paging.answer(&request, found, |message| view(&MessageView::of(slug, &message, sight)).unwrap_or_default()))
}

/// `POST /api/v1/messages`
pub async fn post_message(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<MessageForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = move |client_msg_id| async move {
        let MessageForm { channel_id, content } = body.value;
        let slug = required("channel_id", channel_id)?;
        named(&slug)?;
        let draft =
            Draft { client_msg_id, ..Draft::text(Target::Channel(slug.clone()), required("content", content)?) };
        let posted = state.conversations.post(By::from(&caller.0), draft).await?;
        Ok(HttpResponse::Created().json(MessageView::of(&slug, &posted.message, sight(&state, &caller.0))))
    };
    idempotent.run_named(&body.raw, work).await
}

/// `PUT /api/v1/messages/{id}`
pub async fn edit_message(
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    body: Body<EditForm>,
) -> Result<HttpResponse> {
    let (by, id) = (By::from(&caller.0), parse_id(&id)?);
    let content = required("content", body.value.content)?;
    let (channel, message) = state.conversations.edit(by, id, content, Scope::Channels).await?;
    let slug = channel.slug.as_deref().unwrap_or_default();
    Ok(HttpResponse::Ok().json(MessageView::of(slug, &message, sight(&state, &caller.0))))
}

/// `DELETE /api/v1/messages/{id}`
pub async fn delete_message(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let (channel, message) = state.conversations.delete(By::from(&caller.0), parse_id(&id)?, Scope::Channels).await?;
    let slug = channel.slug.as_deref().unwrap_or_default();
    Ok(HttpResponse::Ok().json(DeletedView::of(slug, &message, sight(&state, &caller.0))))
}

/// `GET /api/v1/ws/stats`
pub async fn stats(state: Data<AppState>, _: Caller) -> Result<HttpResponse> {
    let ChannelCounts { clients, channels } = state.hub.count_channels.ask(CountChannels).await.unwrap_or_default();
    Ok(HttpResponse::Ok().json(json!({ "total_clients": clients, "channels": channels })))
}
