//! Messages to everybody, to one and to rooms; rooms and their members; who is connected.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::conversations::json as view;
use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::{Params, own_user};
use crate::domain::change::{By, Draft, Target};
use crate::domain::clock::rfc3339;
use crate::domain::conversation::{Conversation, ConversationKind, GLOBAL_ID};
use crate::domain::error::{Error, Result};
use crate::domain::event::Overview;
use crate::domain::message::Message;
use crate::domain::page::Slice;
use crate::domain::user::{Identity, UserRef};
use crate::domain::{ConversationId, UserId};
use crate::state::AppState;
use crate::store::{ConversationFilter, History, MessageFilter, UserFilter};
use crate::wire::rooms::{MessageView, RoomView};

/// No user's id.
const NOBODY: UserId = 0;

#[derive(Deserialize)]
pub struct MessageForm {
    content: Option<String>,
    recipient: Option<String>,
    room_id: Option<String>,
    sender: Option<String>,
}

#[derive(Deserialize)]
pub struct RoomForm {
    name: Option<String>,
    description: Option<String>,
}

/// `POST /api/messages`
pub async fn post_message(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<MessageForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = move |client_msg_id| async move {
        let draft = Draft { client_msg_id, ..draft(body.value, &caller.0)? };
        let posted = state.conversations.post(By::from(&caller.0), draft).await?;
        Ok(HttpResponse::Created().json(MessageView::of(&posted.conversation, &posted.message)))
    };
    idempotent.run_named(&body.raw, work).await
}

fn draft(form: MessageForm, caller: &Identity) -> Result<Draft> {
    let MessageForm { content, recipient, room_id, sender } = form;
    if let Some(sender) = sender {
        own_user("sender", &sender, caller)?;
    }
    Ok(Draft::text(target(recipient, room_id)?, required("content", content)?))
}

/// Everybody, unless a recipient or a room is named.
fn target(recipient: Option<String>, room_id: Option<String>) -> Result<Target> {
    let room = room_id.map(|id| Uuid::try_parse(&id)).transpose();
    let room = room.map_err(|_| Error::invalid("room_id", "room_id must be the id of a room."))?;
    match (recipient, room) {
        (None, None) => Ok(Target::Conversation(GLOBAL_ID)),
        (None, Some(room)) => Ok(Target::Room(room)),
        (Some(name), None) if name.is_empty() => {
            Err(Error::invalid("recipient", "recipient must be a username, or null for everybody."))
        }
        (Some(name), None) => Ok(Target::User { user: UserRef::Name(name), field: "recipient" }),
        (Some(_), Some(_)) => Err(Error::invalid("recipient", "Send to a recipient or to a room_id, not to both.")),
    }
}

/// `GET /api/messages`: to everybody, one's own direct ones, and those of one's rooms.
pub async fn list_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("room-messages", &params, &caller.0)?;
    let Slice { items, next } = state.conversations.room_messages(By::from(&caller.0), paging.page).await?;
    let conversations = state.conversations.of_messages(&items).await?;
    // a room that went away in between took its messages with it
    let in_place = |message: Message| Some((conversations.get(&message.conversation_id)?, message));
    let items: Vec<(&Conversation, Message)> = items.into_iter().filter_map(in_place).collect();
    Ok(paging.answer(&request, Slice { items, next }, |(conversation, message)| message_view(conversation, &message)))
}

fn message_view(conversation: &Conversation, message: &Message) -> Value {
    view(&MessageView::of(conversation, message)).unwrap_or_default()
}

/// `GET /api/messages/between/{user1}/{user2}`
pub async fn messages_between(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    users: Path<(String, String)>,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("messages-between", &params, &caller.0)?;
    let (one, other) = users.into_inner();
    let by = By::from(&caller.0);
    let one = named(&state, &caller.0, &one).await?;
    let other = named(&state, &caller.0, &other).await?;
    // 403 goes first: whether somebody exists is not told to whoever may not read in any case
    let found = state.conversations.between(by, one.unwrap_or(NOBODY), other.unwrap_or(NOBODY)).await?;
    match (found, one.and(other)) {
        (Some(conversation), _) => history(&request, &state, &paging, &conversation).await,
        (None, Some(_)) => Ok(HttpResponse::Ok().json(json!([]))),
        (None, None) => Err(Error::not_found("USER_NOT_FOUND", "User not found")),
    }
}

async fn named(state: &AppState, caller: &Identity, text: &str) -> Result<Option<UserId>> {
    match UserRef::parse(text) {
        UserRef::Name(name) if name.eq_ignore_ascii_case(&caller.username) => Ok(Some(caller.user_id)),
        reference => {
            let public = state.settings.server.public_directory;
            Ok(state.accounts.reachable(caller, &reference, public).await?.map(|user| user.id))
        }
    }
}

/// One page of a conversation, without what was deleted.
async fn history(
    request: &HttpRequest,
    state: &AppState,
    paging: &Paging,
    conversation: &Conversation,
) -> Result<HttpResponse> {
    let filter = MessageFilter { without_deleted: true, ..MessageFilter::default() };
    let found = state.conversations.history(conversation, History::Before(None), &filter, paging.page).await?;
    Ok(paging.answer(request, found, |message| message_view(conversation, &message)))
}

/// `GET /api/ws/users`: each once, as far as the caller may see them.
pub async fn connected_users(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("connected-users", &params, &caller.0)?;
    let online = Some((true, state.hub.online.all().into_iter().collect()));
    let filter = UserFilter { online, ..UserFilter::default() };
    let public = state.settings.server.public_directory;
    let found = state.accounts.list(&caller.0, filter, public, paging.page).await?;
    let names: Vec<&str> = found.items.iter().map(|user| user.username.as_str()).collect();
    let now = rfc3339::format(state.store.clock().now());
    let body = json!({ "connected_users": names, "count": names.len(), "timestamp": now });
    Ok(paging.answer_with(&request, found.next, &body))
}

/// `POST /api/rooms`
pub async fn create_room(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<RoomForm>,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller.0)?;
    let work = async move {
        let RoomForm { name, description } = body.value;
        let name = required("name", name)?;
        let room = state.conversations.create_room(By::from(&caller.0), &name, description).await?;
        Ok(HttpResponse::Created().json(room_view(&state, &room).await?))
    };
    idempotent.run(&body.raw, work).await
}

/// A room with all its members.
async fn room_view(state: &AppState, room: &Conversation) -> Result<Value> {
    view(&RoomView::of(room, &state.conversations.members(room).await?))
}

/// What is no UUID exists nowhere (404).
fn room_id(text: &str) -> Result<ConversationId> {
    Uuid::try_parse(text).map_err(|_| Error::not_found("ROOM_NOT_FOUND", "Room not found"))
}

/// `GET /api/rooms/{roomId}`
pub async fn get_room(state: Data<AppState>, caller: Caller, id: Path<String>) -> Result<HttpResponse> {
    let room = state.conversations.room(By::from(&caller.0), room_id(&id)?).await?;
    Ok(HttpResponse::Ok().json(room_view(&state, &room).await?))
}

/// `GET /api/rooms/{roomId}/messages`
pub async fn room_messages(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    id: Path<String>,
    params: Params,
) -> Result<HttpResponse> {
    let room = state.conversations.room(By::from(&caller.0), room_id(&id)?).await?;
    let paging = Paging::of("history", &params, &caller.0)?;
    history(&request, &state, &paging, &room).await
}

/// `POST /api/rooms/{roomId}/members/{userId}`
pub async fn add_member(state: Data<AppState>, caller: Caller, names: Path<(String, String)>) -> Result<HttpResponse> {
    let (room, user) = names.into_inner();
    let by = By::from(&caller.0);
    let room = state.conversations.add_member(by, room_id(&room)?, UserRef::parse(&user)).await?;
    Ok(HttpResponse::Ok().json(room_view(&state, &room).await?))
}

/// `DELETE /api/rooms/{roomId}/members/{userId}`: the room as it is without them, or as it was but for the last one.
pub async fn remove_member(
    state: Data<AppState>,
    caller: Caller,
    names: Path<(String, String)>,
) -> Result<HttpResponse> {
    let (room, user) = names.into_inner();
    let (by, id) = (By::from(&caller.0), room_id(&room)?);
    let before = state.conversations.room(by, id).await?;
    let after = state.conversations.remove_member(by, id, UserRef::parse(&user)).await?;
    let view = match after {
        Some(room) => room_view(&state, &room).await?,
        None => view(&RoomView::of(&before, &[]))?,
    };
    Ok(HttpResponse::Ok().json(view))
}

/// `GET /api/users/{userId}/rooms`, one's own. Members are named as in lists of conversations: those of small rooms.
pub async fn user_rooms(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    user: Path<String>,
    params: Params,
) -> Result<HttpResponse> {
    if named(&state, &caller.0, &user).await? != Some(caller.0.user_id) {
        return Err(Error::forbidden("Only the rooms of yourself can be listed."));
    }
    let paging = Paging::of("rooms", &params, &caller.0)?;
    let filter = ConversationFilter { kind: Some(ConversationKind::Room), status: None };
    let rooms = state.conversations.list(By::from(&caller.0), filter, paging.page).await?;
    let room = |room: Overview| view(&RoomView::of(&room.conversation, &room.members)).unwrap_or_default();
    Ok(paging.answer(&request, rooms, room))
}
