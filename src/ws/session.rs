//! What happens on a connection, as decisions: a frame, an answer or the time comes in, effects go out. No I/O.

mod assistant;
mod listening;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytestring::ByteString;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::rate::{FrameBudget, Verdict};
use crate::actors::hub::{ClientId, Owner};
use crate::config::{Settings, WsSettings};
use crate::domain::change::Wish;
use crate::domain::command::{Command, Frame, Place, Token};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::user::{Identity, UserView};
use crate::domain::{ConversationId, UserId};
use crate::wire::channels::MAX_ECHO;
use crate::wire::{Closing, Dialect, Malformed, Reply};
use assistant::Assistant;
use listening::Listening;
pub use listening::Subscription;

/// So many frames in a row that cannot be read end a connection.
const MAX_MALFORMED: u32 = 20;
/// Where signed-out sockets may do nothing, they have so long to sign in.
const SIGN_IN_WAIT: Duration = Duration::from_secs(10);
/// After our close frame the client has so long to answer with its own.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// From tests: a frame that does what a defect would do.
#[cfg(test)]
pub(crate) const INJECTED_PANIC: &str = "panic!";

/// What a session knows of the time: one clock to measure with, one to compare tokens with and to show.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub at: Instant,
    pub time: OffsetDateTime,
}

/// What the shell has to do, in this order. One with an answer is the last of its list, and answered before anything else.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Send(ByteString),
    Ping,
    /// Ask the accounts whose token this is; then [`SessionCore::on_identity`].
    Authenticate {
        token: Token,
        reference: Option<Value>,
    },
    /// Tell the hub, and fetch the user; then [`SessionCore::on_joined`].
    Join {
        identity: Identity,
        reference: Option<Value>,
    },
    /// Tell a hub that does not know this connection; then [`SessionCore::on_registered`].
    Register {
        owner: Option<Owner>,
    },
    /// Make the hub bring the events of a conversation, then read what happened before; then
    /// [`SessionCore::on_subscribed`]. `again`: the hub was restarted, the client need not know.
    Subscribe {
        conversation: ConversationId,
        after_seq: Option<i64>,
        again: bool,
        reference: Option<Value>,
    },
    /// The hub need not bring the events of a conversation any more.
    Unsubscribe(ConversationId),
    /// Give a change its place in the order, at once; once it is stored, [`SessionCore::on_written`]. The next effects do not
    /// wait for it.
    Write {
        wish: Wish,
        reference: Option<Value>,
    },
    /// Make the vector of a question; then [`SessionCore::on_embedded`]. The next effects do not wait for it.
    Embed(String),
    /// Load again what an earlier socket of the user had in memory; then [`SessionCore::on_restored`]. The next effects do not
    /// wait for it.
    Restore(UserId),
    /// Keep what was asked and answered. Whether that works concerns nobody at the moment.
    Keep(Wish),
    /// Tell the others who listen, if the client still listens or may see the conversation.
    Type {
        conversation: ConversationId,
        typing: bool,
        reference: Option<Value>,
    },
    /// Come into a place and listen there; then [`SessionCore::on_entered`].
    Enter {
        place: Place,
        reference: Option<Value>,
    },
    Leave {
        place: Place,
        reference: Option<Value>,
    },
    /// Ask the accounts whether a session goes on; then [`SessionCore::on_session`].
    CheckSession(Uuid),
    /// Leave the hub, send a close frame, and wait for the client's.
    Close(Closing),
    /// Send back the client's own close code.
    Echo(Option<u16>),
    /// Let go of the connection.
    End,
}

/// What is known of a client when its connection opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Of whoever has signed in.
    pub username: Option<String>,
    /// The slug of a channel to join at once.
    pub channel: Option<String>,
}

/// Who has signed in, and until when the token counts.
#[derive(Clone, Copy, Debug)]
struct SignedIn {
    owner: Owner,
    expires_at: OffsetDateTime,
}

/// The state of one connection.
pub struct SessionCore {
    dialect: Dialect,
    settings: Arc<Settings>,
    signed_in: Option<SignedIn>,
    /// Made at the first frame: most sockets only listen.
    budget: Option<Box<FrameBudget>>,
    malformed: u32,
    /// Made with the first subscription or message: most sockets of the others only hear.
    listening: Option<Box<Listening>>,
    /// Made with the first question, or with what it is to be answered from.
    assistant: Option<Box<Assistant>>,
    opened: Instant,
    heard: Instant,
    pinged: Instant,
    /// Our close frame was sent then: nothing counts any more but the client's.
    closing: Option<Instant>,
}

impl SessionCore {
    pub fn new(dialect: Dialect, settings: Arc<Settings>, identity: Option<&Identity>, now: Moment) -> Self {
        Self {
            dialect,
            signed_in: identity.map(SignedIn::of),
            budget: None,
            settings,
            malformed: 0,
            listening: None,
            assistant: None,
            opened: now.at,
            heard: now.at,
            pinged: now.at,
            closing: None,
        }
    }

    /// The connection stands.
    pub fn on_open(&mut self, client_id: ClientId, arrival: Arrival, now: Moment) -> Vec<Effect> {
        let Arrival { username, channel } = arrival;
        let welcome = Reply::Welcome { client_id: &client_id.to_string(), username: username.as_deref() };
        let mut effects = self.say(welcome, now);
        effects.extend(self.restore());
        effects.extend(channel.map(|slug| {
            let reference = (slug.len() <= MAX_ECHO).then(|| slug.as_str().into());
            Effect::Enter { place: Place::Channel(slug), reference }
        }));
        effects
    }

    /// Anything came from the client: it lives.
    pub fn on_heard(&mut self, now: Moment) {
        self.heard = now.at;
    }

    /// A message came, its fragments joined.
    pub fn on_text(&mut self, text: &str, now: Moment) -> Vec<Effect> {
        if self.closing.is_some() {
            return Vec::new();
        }
        match self.admit(now) {
            Verdict::Pass => self.read(text, now),
            Verdict::Refuse { retry_after } => self.refuse(&too_fast(retry_after), None, now),
            Verdict::Ignore => Vec::new(),
            Verdict::Close => self.close(Closing::policy("RATE_LIMITED"), now),
        }
    }

    fn admit(&mut self, now: Moment) -> Verdict {
        if self.budget.is_none() {
            let WsSettings { rate_limit_per_second, burst, .. } = self.settings.ws;
            self.budget = FrameBudget::new(rate_limit_per_second, burst, now.at).map(Box::new);
        }
        self.budget.as_mut().map_or(Verdict::Pass, |budget| budget.take(now.at))
    }

    fn read(&mut self, text: &str, now: Moment) -> Vec<Effect> {
        #[cfg(test)]
        if text == INJECTED_PANIC {
            std::panic::panic_any("injected");
        }
        match self.dialect.decode(text) {
            Ok(frame) => {
                self.malformed = 0;
                self.carry_out(frame, now)
            }
            Err(Malformed { error, reference }) => {
                self.malformed += 1;
                let mut effects = self.refuse(&error, reference.as_ref(), now);
                if self.malformed >= MAX_MALFORMED {
                    effects.extend(self.close(Closing::policy("TOO_MANY_MALFORMED"), now));
                }
                effects
            }
        }
    }

    fn carry_out(&mut self, Frame { reference, command }: Frame, now: Moment) -> Vec<Effect> {
        match command {
            Command::Authenticate { token } => vec![Effect::Authenticate { token, reference }],
            _ if self.must_sign_in() => self.refuse(&sign_in_first(), reference.as_ref(), now),
            Command::Ping => self.say(Reply::Pong, now),
            Command::Ask { content, session_id } => self.ask(content, session_id, reference.as_ref(), now),
            // whoever has not signed in may talk to the assistant, and nothing else
            _ if self.signed_in.is_none() => self.refuse(&sign_in_first(), reference.as_ref(), now),
            Command::Subscribe { conversation, after_seq } => {
                vec![Effect::Subscribe { conversation, after_seq, again: false, reference }]
            }
            Command::Unsubscribe { conversation } => self.unsubscribe(conversation, now),
            Command::Change(wish) => self.write(wish, reference),
            Command::Type { conversation, typing } => vec![Effect::Type { conversation, typing, reference }],
            Command::Enter(place) => vec![Effect::Enter { place, reference }],
            Command::Leave(place) => vec![Effect::Leave { place, reference }],
        }
    }

    fn must_sign_in(&self) -> bool {
        self.signed_in.is_none() && !self.settings.ws.allow_anonymous
    }

    /// Whose token an `auth` frame brought.
    pub fn on_identity(&self, found: Result<Identity>, reference: Option<Value>, now: Moment) -> Vec<Effect> {
        match found {
            Ok(identity) if self.user().is_some_and(|user| user != identity.user_id) => {
                self.refuse(&already_signed_in(), reference.as_ref(), now)
            }
            Ok(identity) => vec![Effect::Join { identity, reference }],
            Err(error) => self.refuse(&error, reference.as_ref(), now),
        }
    }

    /// The hub knows whose socket this is, or refused it. The session may have ended meanwhile, unheard by a hub that did
    /// not know whose socket this is: so it is asked for once more.
    pub fn on_joined(
        &mut self,
        identity: &Identity,
        user: Result<UserView>,
        reference: Option<&Value>,
        now: Moment,
    ) -> Vec<Effect> {
        match user {
            Ok(user) => {
                self.signed_in = Some(SignedIn::of(identity));
                self.forget_memory_of_others(identity.user_id);
                let mut effects = self.say(Reply::Authenticated { user: &user }, now);
                effects.extend(self.restore());
                effects.push(Effect::CheckSession(identity.sid));
                effects
            }
            Err(error) => self.refuse(&error, reference, now),
        }
    }

    /// Until when a session goes on at the latest, if it does: a refresh keeps it, and its sockets.
    pub fn on_session(&mut self, sid: Uuid, alive: &Result<Option<OffsetDateTime>>, now: Moment) -> Vec<Effect> {
        let Some(signed_in) = self.signed_in.as_mut().filter(|signed_in| signed_in.owner.sid == sid) else {
            return Vec::new();
        };
        match alive {
            Ok(Some(expires_at)) if *expires_at > now.time => {
                signed_in.expires_at = *expires_at;
                Vec::new()
            }
            Ok(_) if signed_in.expires_at <= now.time => self.close(Closing::policy("TOKEN_EXPIRED"), now),
            Ok(_) => self.close(Closing::policy("TOKEN_REVOKED"), now),
            Err(_) => self.close(Closing::FAILED, now),
        }
    }

    /// The hub was restarted and knows nobody.
    pub fn on_hub_restarted(&self) -> Vec<Effect> {
        if self.closing.is_some() {
            return Vec::new();
        }
        vec![Effect::Register { owner: self.signed_in.map(|signed_in| signed_in.owner) }]
    }

    /// The restarted hub knows this connection again; an end of its session may have got lost meanwhile.
    pub fn on_registered(&mut self, registered: &Result<()>, now: Moment) -> Vec<Effect> {
        match (registered, self.signed_in) {
            (Err(_), _) => self.close(Closing::FAILED, now),
            (Ok(()), Some(signed_in)) => {
                let mut effects = self.listen_again();
                effects.push(Effect::CheckSession(signed_in.owner.sid));
                effects
            }
            (Ok(()), None) => Vec::new(),
        }
    }

    /// The hub brings an event.
    pub fn on_event(&self, text: ByteString) -> Option<Effect> {
        self.closing.is_none().then_some(Effect::Send(text))
    }

    /// The time that [`Self::deadline`] told has come.
    pub fn on_tick(&mut self, now: Moment) -> Vec<Effect> {
        if let Some(since) = self.closing {
            return if now.at >= since + CLOSE_WAIT { vec![Effect::End] } else { Vec::new() };
        }
        if now.at >= self.heard + self.settings.ws.pong_wait {
            return self.close(Closing::SILENT, now);
        }
        if self.must_sign_in() && now.at >= self.opened + SIGN_IN_WAIT {
            return self.close(Closing::policy("AUTH_REQUIRED"), now);
        }
        let mut effects = Vec::new();
        if now.at >= self.pinged + self.settings.ws.ping_period {
            self.pinged = now.at;
            effects.push(Effect::Ping);
        }
        if let Some(signed_in) = self.signed_in.filter(|signed_in| signed_in.expires_at <= now.time) {
            effects.push(Effect::CheckSession(signed_in.owner.sid));
        }
        effects
    }

    /// When [`Self::on_tick`] has something to do at the earliest.
    pub fn deadline(&self, now: Moment) -> Instant {
        if let Some(since) = self.closing {
            return since + CLOSE_WAIT;
        }
        let sign_in = self.must_sign_in().then(|| self.opened + SIGN_IN_WAIT);
        let expiry = self.signed_in.map(|signed_in| now.at + until(signed_in.expires_at, now.time));
        let heartbeat = (self.heard + self.settings.ws.pong_wait).min(self.pinged + self.settings.ws.ping_period);
        [sign_in, expiry].into_iter().flatten().fold(heartbeat, Instant::min)
    }

    /// Ends the connection, once.
    pub fn close(&mut self, closing: Closing, now: Moment) -> Vec<Effect> {
        if self.closing.is_some() {
            return Vec::new();
        }
        self.closing = Some(now.at);
        vec![Effect::Close(closing)]
    }

    /// The client's close frame: the answer to ours, or to be answered.
    pub fn on_close(&mut self, code: Option<u16>) -> Vec<Effect> {
        if self.closing.is_some() { vec![Effect::End] } else { vec![Effect::Echo(code), Effect::End] }
    }

    pub fn user(&self) -> Option<UserId> {
        self.signed_in.map(|signed_in| signed_in.owner.user)
    }

    /// Who has signed in.
    pub fn owner(&self) -> Option<Owner> {
        self.signed_in.map(|signed_in| signed_in.owner)
    }

    /// Says something, if the dialect has a frame for it.
    fn say(&self, reply: Reply<'_>, now: Moment) -> Vec<Effect> {
        self.dialect.reply(reply, now.time).map(Effect::Send).into_iter().collect()
    }

    fn refuse(&self, error: &Error, reference: Option<&Value>, now: Moment) -> Vec<Effect> {
        self.say(Reply::Refused { error, reference }, now)
    }
}

impl SignedIn {
    fn of(identity: &Identity) -> Self {
        Self { owner: Owner::from(identity), expires_at: identity.expires_at }
    }
}

/// Nothing if the time has passed. A day at most: timers of weeks are of no use, and a tick too many does no harm.
fn until(time: OffsetDateTime, now: OffsetDateTime) -> Duration {
    Duration::try_from(time - now).unwrap_or_default().min(Duration::from_secs(86_400))
}

fn too_fast(retry_after: Duration) -> Error {
    Error::new(
        Kind::RateLimited,
        "RATE_LIMITED",
        "Too many frames",
        "Frames come faster than allowed and are dropped: send the next one after retry_after seconds.",
    )
    .retry_after(retry_after)
}

fn sign_in_first() -> Error {
    Error::unauthenticated("AUTH_REQUIRED", "Sign in first: send {\"type\":\"auth\",\"token\":\"…\"}.")
}

fn already_signed_in() -> Error {
    Error::conflict(
        "ALREADY_SIGNED_IN",
        "Already signed in",
        "This socket belongs to another user: open a new one to sign in with this token.",
    )
}
