//! The shell around a session: the only file that touches `actix-web-actors`. It passes on what comes, and does what
//! [`SessionCore`] decides.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use actix::{
    Actor, ActorContext, ActorFutureExt, ActorState, AsyncContext, Handler, SpawnHandle, StreamHandler, WrapFuture,
};
use actix_web::error::PayloadError;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_web_actors::ws::{CloseCode, CloseReason, Message, ProtocolError, WebsocketContext, WsResponseBuilder};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use metrics::{Counter, counter};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::apart::apart;
use super::assembler::Assembler;
use super::conversing::Started;
use super::guard::{Finding, FrameGuard};
use super::session::{Arrival, Effect, Moment, SessionCore};
use crate::actors::hub::{ClientId, Entrance, Identify, Outbound, Outbox, Owner, Register};
use crate::domain::ConversationId;
use crate::domain::command::Token;
use crate::domain::error::{Error, Result};
use crate::domain::user::{Identity, UserView};
use crate::state::AppState;
use crate::wire::{Closing, Dialect};

/// Messages that may wait for one socket.
const MAILBOX: usize = 256;

static FRAMES_IN: LazyLock<Counter> = LazyLock::new(|| counter!("greenroom_frames_total", "direction" => "in"));
static FRAMES_OUT: LazyLock<Counter> = LazyLock::new(|| counter!("greenroom_frames_total", "direction" => "out"));

pub(super) type Context = WebsocketContext<Socket>;

/// One connection: actor of its HTTP worker's arbiter.
pub struct Socket {
    pub(super) client_id: ClientId,
    dialect: Dialect,
    address: std::net::IpAddr,
    pub(super) core: SessionCore,
    assembler: Assembler,
    pub(super) state: Data<AppState>,
    /// Bytes that wait in the mailbox.
    queued: Arc<AtomicUsize>,
    finding: Finding<Payload>,
    /// The channels that it is in, for a hub that does not know.
    pub(super) entrances: HashMap<ConversationId, Arc<Entrance>>,
    /// `?resume=`: the socket that the client had before.
    pub(super) resumes: Option<Box<str>>,
    /// Something was loaded into its memory: whoever comes after it may have it.
    pub(super) has_memory: bool,
    /// What is being stored for this socket, in order.
    pub(super) writes: VecDeque<Started>,
    /// Taken when the connection opens.
    arrival: Option<Box<Arrival>>,
    /// Has seen the hub that this socket registers with.
    generations: watch::Receiver<u64>,
    timer: Option<(Instant, SpawnHandle)>,
    /// Why it ended, for the metrics.
    end: &'static str,
}

/// A connection that is being accepted.
pub struct Newcomer {
    pub dialect: Dialect,
    pub identity: Option<Identity>,
    pub address: std::net::IpAddr,
    /// How many revocations this node knew of before it looked who this is, if that is known.
    pub checked: Option<u64>,
}

/// Starts the session of a connection, makes it known to the hub, and only then gives the answer that switches protocols.
///
/// # Errors
/// 429 if there are too many sockets, 401 if the session ended just now, 503 if the hub or the database is away.
pub async fn start(
    newcomer: Newcomer,
    request: &HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse> {
    let Newcomer { dialect, identity, address, checked } = newcomer;
    let client_id = ClientId::random()?;
    let max = state.settings.ws.max_message_size;
    let finding = Finding::default();
    let arrival = Arrival {
        username: identity.as_ref().map(|identity| identity.username.clone()),
        channel: channel_to_join(dialect, request),
    };
    let core = SessionCore::new(dialect, state.settings.clone(), identity.as_ref(), now(&state));
    let queued = Arc::default();
    let socket = Socket {
        client_id,
        dialect,
        address,
        core,
        assembler: Assembler::new(max),
        state: state.clone(),
        queued: Arc::clone(&queued),
        finding: finding.clone(),
        entrances: HashMap::new(),
        resumes: predecessor(dialect, request),
        has_memory: false,
        writes: VecDeque::new(),
        arrival: Some(Box::new(arrival)),
        generations: state.hub.incarnation(),
        timer: None,
        end: "REFUSED",
    };
    let (addr, answer) = WsResponseBuilder::new(socket, request, FrameGuard::new(payload, max, finding))
        .frame_size(max)
        .start_with_addr()
        .map_err(|error| Error::internal(format!("handshake: {error}")))?;
    let owner = identity.as_ref().map(Owner::from);
    let outbox = Outbox::new(addr.recipient(), queued);
    state.hub.register(Register { client_id, dialect, owner, address, outbox, returning: false }).await?;
    // a logout between the check of the token and the registration found no socket to close
    if let Some(owner) = owner
        && checked != Some(state.accounts.revocations())
        && state.accounts.session_is_alive(owner.sid).await?.is_none()
    {
        return Err(Error::unauthenticated("TOKEN_REVOKED", "The token was revoked: sign in again."));
    }
    tracing::debug!(%client_id, user_id = owner.map(|owner| owner.user), "socket opened");
    Ok(answer)
}

/// `?channel_id=` of the channels dialect.
fn channel_to_join(dialect: Dialect, request: &HttpRequest) -> Option<String> {
    let Dialect::Channels { .. } = dialect else { return None };
    in_query(request, "channel_id")
}

/// `?resume=` of the coach dialect.
fn predecessor(dialect: Dialect, request: &HttpRequest) -> Option<Box<str>> {
    if dialect == Dialect::Coach { in_query(request, "resume").map(Into::into) } else { None }
}

fn in_query(request: &HttpRequest, name: &str) -> Option<String> {
    let mut query = url::form_urlencoded::parse(request.query_string().as_bytes());
    query.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
}

fn now(state: &AppState) -> Moment {
    Moment { at: Instant::now(), time: state.store.clock().now() }
}

impl Socket {
    /// Lets the core decide, and does what it says. A panic closes this socket, and nothing else.
    pub(super) fn step(&mut self, ctx: &mut Context, decide: impl FnOnce(&mut SessionCore, Moment) -> Vec<Effect>) {
        let now = now(&self.state);
        for effect in self.guarded(ctx, |core| decide(core, now)) {
            self.perform(effect, ctx);
        }
        self.set_timer(ctx, now);
    }

    /// The same for what concerns no timer.
    fn guarded<E: IntoIterator<Item = Effect> + Default>(
        &mut self,
        ctx: &mut Context,
        decide: impl FnOnce(&mut SessionCore) -> E,
    ) -> E {
        catch_unwind(AssertUnwindSafe(|| decide(&mut self.core))).unwrap_or_else(|_| {
            tracing::error!(client_id = %self.client_id, "session failed");
            let now = now(&self.state);
            for effect in self.core.close(Closing::FAILED, now) {
                self.perform(effect, ctx);
            }
            self.set_timer(ctx, now);
            E::default()
        })
    }

    fn perform(&mut self, effect: Effect, ctx: &mut Context) {
        match effect {
            Effect::Send(text) => {
                FRAMES_OUT.increment(1);
                ctx.text(text);
            }
            Effect::Ping => ctx.ping(b""),
            Effect::Authenticate { token, reference } => self.authenticate(token, reference, ctx),
            Effect::Join { identity, reference } => self.join(identity, reference, ctx),
            Effect::Register { owner } => self.register(owner, ctx),
            Effect::CheckSession(sid) => self.check_session(sid, ctx),
            Effect::Subscribe { conversation, after_seq, again, reference } => {
                self.subscribe(conversation, after_seq, again, reference, ctx);
            }
            Effect::Unsubscribe(conversation) => self.unsubscribe(conversation, ctx),
            Effect::Write { wish, reference } => self.write(wish, reference, ctx),
            Effect::Embed(question) => self.embed(question, ctx),
            Effect::Restore(user) => self.restore(user, ctx),
            Effect::Keep(wish) => self.keep(wish),
            Effect::Type { conversation, typing, reference } => self.tell_typing(conversation, typing, reference, ctx),
            Effect::Enter { place, reference } => self.enter(place, reference, ctx),
            Effect::Leave { place, reference } => self.leave(place, reference, ctx),
            Effect::Close(closing) => {
                self.end = closing.reason;
                self.state.hub.unregister(self.client_id);
                ctx.close(Some(CloseReason::from((CloseCode::from(closing.code), closing.reason))));
            }
            Effect::Echo(code) => {
                self.end = "CLIENT";
                ctx.close(code.map(|code| CloseCode::from(code).into()));
            }
            Effect::End => ctx.stop(),
        }
    }

    // While one of these waits for its answer, the context takes no frames and no events: their order stays.

    fn authenticate(&self, token: Token, reference: Option<Value>, ctx: &mut Context) {
        let accounts = self.state.accounts.clone();
        let found = async move { accounts.authenticate(&token.0).await };
        ctx.wait(apart(found).into_actor(self).map(|found, socket, ctx| {
            socket.step(ctx, |core, now| core.on_identity(found, reference, now));
        }));
    }

    fn join(&self, identity: Identity, reference: Option<Value>, ctx: &mut Context) {
        let joined = join(self.state.clone(), self.client_id, identity.clone());
        ctx.wait(apart(joined).into_actor(self).map(move |user, socket, ctx| {
            socket.step(ctx, |core, now| core.on_joined(&identity, user, reference.as_ref(), now));
        }));
    }

    fn check_session(&self, sid: Uuid, ctx: &mut Context) {
        let accounts = self.state.accounts.clone();
        let alive = async move { accounts.session_is_alive(sid).await };
        ctx.wait(apart(alive).into_actor(self).map(move |alive, socket, ctx| {
            socket.step(ctx, |core, now| core.on_session(sid, &alive, now));
        }));
    }

    fn register(&self, owner: Option<Owner>, ctx: &mut Context) {
        let Self { client_id, dialect, address, .. } = *self;
        let outbox = Outbox::new(ctx.address().recipient(), self.queued.clone());
        let state = self.state.clone();
        let registered = async move {
            state.hub.register(Register { client_id, dialect, owner, address, outbox, returning: true }).await
        };
        ctx.wait(apart(registered).into_actor(self).map(|registered, socket, ctx| {
            socket.step(ctx, |core, now| core.on_registered(&registered, now));
        }));
    }

    /// Waits for the next incarnation of the hub, then for the one after it.
    fn follow_hub(mut generations: watch::Receiver<u64>, socket: &Self, ctx: &mut Context) {
        let restarted = async move { generations.changed().await.map(|()| generations) };
        ctx.spawn(restarted.into_actor(socket).map(|restarted, socket, ctx| {
            if let Ok(generations) = restarted {
                Self::follow_hub(generations, socket, ctx);
                socket.step(ctx, |core, _| core.on_hub_restarted());
            }
        }));
    }

    /// One timer, moved forward only: a tick too early does nothing and sets it anew.
    fn set_timer(&mut self, ctx: &mut Context, now: Moment) {
        let deadline = self.core.deadline(now);
        if let Some((set, handle)) = self.timer {
            if set <= deadline {
                return;
            }
            ctx.cancel_future(handle);
        }
        let wait = deadline.saturating_duration_since(now.at);
        let handle = ctx.run_later(wait, |socket, ctx| {
            socket.timer = None;
            socket.step(ctx, SessionCore::on_tick);
        });
        self.timer = Some((deadline, handle));
    }

    fn take(&mut self, message: Message, ctx: &mut Context) {
        match message {
            Message::Text(text) => self.text(&text, ctx),
            Message::Continuation(fragment) => match self.assembler.join(fragment) {
                Ok(Some(text)) => self.text(&text, ctx),
                Ok(None) => {}
                Err(closing) => self.step(ctx, |core, now| core.close(closing, now)),
            },
            Message::Binary(_) => self.step(ctx, |core, now| core.close(Closing::BINARY, now)),
            Message::Ping(payload) => ctx.pong(&payload),
            Message::Close(reason) => self.step(ctx, |core, _| core.on_close(reason.map(|reason| reason.code.into()))),
            Message::Pong(_) | Message::Nop => {}
        }
    }

    fn text(&mut self, text: &str, ctx: &mut Context) {
        FRAMES_IN.increment(1);
        self.step(ctx, |core, now| core.on_text(text, now));
    }
}

/// Tells the hub who has signed in, then gives the user as they see themselves.
async fn join(state: Data<AppState>, client_id: ClientId, identity: Identity) -> Result<UserView> {
    let owner = Owner::from(&identity);
    let user = state.accounts.me(&identity).await?;
    state.hub.identify(Identify { client_id, owner }).await?;
    let online = !user.away && state.hub.online.contains(user.id);
    Ok(user.seen_by_oneself(online))
}

impl Actor for Socket {
    type Context = Context;

    fn started(&mut self, ctx: &mut Context) {
        if ctx.state() == ActorState::Stopping {
            // dropped before it began: the upgrade was refused, or the client did not wait for the answer
            return;
        }
        self.end = "LOST";
        ctx.set_mailbox_capacity(MAILBOX);
        let generations = self.generations.clone();
        Self::follow_hub(generations, self, ctx);
        let (client_id, arrival) = (self.client_id, *self.arrival.take().unwrap_or_default());
        self.step(ctx, |core, now| core.on_open(client_id, arrival, now));
    }
}

impl StreamHandler<Result<Message, ProtocolError>> for Socket {
    fn handle(&mut self, item: Result<Message, ProtocolError>, ctx: &mut Context) {
        match item {
            Ok(message) => {
                self.core.on_heard(now(&self.state));
                self.take(message, ctx);
            }
            Err(error) => match closing(&error) {
                Some(closing) => self.step(ctx, |core, now| core.close(closing, now)),
                None => ctx.stop(),
            },
        }
    }

    /// The client is gone, or sent what the guard does not let pass.
    fn finished(&mut self, ctx: &mut Context) {
        let Some(violation) = self.finding.take() else { return ctx.stop() };
        self.step(ctx, |core, now| core.close(violation.closing, now));
        ctx.spawn(discard(violation.rest).into_actor(self).map(|(), _, ctx| ctx.stop()));
    }
}

/// Reads on until the client ends: it learns of our close frame only after it has sent what it is sending.
async fn discard(mut rest: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin) {
    while let Some(Ok(_)) = rest.next().await {}
}

/// How a codec's error ends the connection; `None` if there is none any more.
fn closing(error: &ProtocolError) -> Option<Closing> {
    match error {
        ProtocolError::Overflow => Some(Closing::TOO_LARGE),
        // text that is not UTF-8 is an error of this kind, a connection that broke too: the latter hears nothing anyway
        ProtocolError::Io(_) => Some(Closing::NOT_UTF8),
        _ => Some(Closing::PROTOCOL),
    }
}

impl Handler<Outbound> for Socket {
    type Result = ();

    fn handle(&mut self, message: Outbound, ctx: &mut Context) {
        match message {
            Outbound::Text(text) => {
                self.queued.fetch_sub(text.len(), Ordering::Relaxed);
                if let Some(effect) = self.guarded(ctx, |core| core.on_event(text)) {
                    self.perform(effect, ctx);
                }
            }
            Outbound::Passing(event) => {
                self.queued.fetch_sub(event.text.len(), Ordering::Relaxed);
                if let Some(effect) = self.guarded(ctx, |core| core.on_passing(event)) {
                    self.perform(effect, ctx);
                }
            }
            Outbound::Stored(run) => {
                self.queued.fetch_sub(run.size, Ordering::Relaxed);
                let now = now(&self.state);
                for effect in self.guarded(ctx, |core| core.on_stored(&run, now)) {
                    self.perform(effect, ctx);
                }
            }
            Outbound::Remember(memory) => {
                self.has_memory |= memory.matcher.is_some();
                self.step(ctx, |core, now| core.on_memory(memory, now));
            }
            Outbound::Close(closing) => self.step(ctx, |core, now| core.close(closing, now)),
            Outbound::Drop => {
                self.end = "DROPPED";
                ctx.stop();
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.state.hub.unregister(self.client_id);
        self.leave_memory();
        counter!("greenroom_socket_closes_total", "reason" => self.end).increment(1);
        tracing::debug!(client_id = %self.client_id, user_id = self.core.user(), reason = self.end, "socket closed");
    }
}
