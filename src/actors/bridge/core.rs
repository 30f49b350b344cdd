//! What the bridge decides, without Redis and runtime: something of this node, a parcel or the time comes in, effects go out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::parcel::{Said, Topic, open};
use crate::actors::hub::{Around, NodeId, Online, Outgoing, Which};
use crate::domain::UserId;
use crate::domain::event::Event;

/// How often a node says that it lives.
const PULSE: Duration = Duration::from_secs(2);
/// A node that is not heard for so long is gone, and its users with it; who does not hear itself has lost Redis.
pub(super) const SILENCE: Duration = Duration::from_secs(7);
/// Events of one parcel.
const PARCEL: usize = 64;

/// What the loop around has to do, in this order.
#[derive(Debug)]
pub(super) enum Effect {
    Publish(Topic, String),
    /// Bring these to who listens here.
    Import(Vec<Arc<Event>>),
    Neighbour(NodeId, Around),
    Declared(UserId),
    End(Which, Vec<Uuid>),
    /// Look into the database for what was not told.
    Sweep,
    /// The connection does not bring what is sent over it.
    Reconnect,
    /// Whoever waits for the goodbye has waited long enough.
    Left(oneshot::Sender<()>),
}

/// A node that is heard of.
struct Peer {
    /// The version of its users that is known here.
    version: Option<u64>,
    heard: Instant,
}

pub(super) struct Core {
    me: NodeId,
    online: Online,
    connected: bool,
    /// The others were not told everything.
    missed: bool,
    /// Who is here, as the others were told, and its version.
    told: HashSet<UserId>,
    version: u64,
    /// What [`Online`] said then.
    seen: u64,
    peers: HashMap<NodeId, Peer>,
    pulsed: Instant,
    /// When this node last heard itself.
    echoed: Instant,
}

impl Core {
    /// Takes over who is known to be elsewhere: it may be a restart.
    pub fn new(me: NodeId, online: Online, now: Instant) -> Self {
        let peers = online.neighbours().into_iter().map(|node| (node, Peer { version: None, heard: now })).collect();
        Self {
            me,
            online,
            connected: false,
            missed: false,
            told: HashSet::new(),
            version: 0,
            seen: 0,
            peers,
            pulsed: now,
            echoed: now,
        }
    }

    fn publish(&self, said: &Said) -> Vec<Effect> {
        match said.write(self.me) {
            Ok(parcel) => vec![Effect::Publish(said.topic(), parcel)],
            Err(error) => {
                tracing::error!(%error, "parcel not written");
                Vec::new()
            }
        }
    }

    /// Redis is there, and the channels are heard: others may have been told what this node was not.
    pub fn on_connected(&mut self, now: Instant) -> Vec<Effect> {
        (self.connected, self.pulsed, self.echoed) = (true, now, now);
        let mut effects = self.publish(&Said::Ask(None));
        effects.extend(self.introduce());
        if std::mem::take(&mut self.missed) {
            effects.extend(self.publish(&Said::Missed));
        }
        effects.push(Effect::Sweep);
        effects
    }

    /// Redis is away. What was on its way may have got lost.
    pub fn on_lost(&mut self) {
        (self.connected, self.missed) = (false, true);
    }

    /// Says who is here, all of them.
    fn introduce(&mut self) -> Vec<Effect> {
        self.seen = self.online.version();
        self.told = self.online.here();
        self.version += 1;
        self.publish(&Said::Users { version: self.version, users: self.told.iter().copied().collect() })
    }

    /// What this node tells. Nothing is kept for later while Redis is away.
    pub fn on_outgoing(&mut self, outgoing: impl IntoIterator<Item = Outgoing>) -> Vec<Effect> {
        let (mut effects, mut events) = (Vec::new(), Vec::new());
        for one in outgoing {
            if !self.connected && !matches!(one, Outgoing::Leave(_)) {
                self.missed = true;
                continue;
            }
            let said = match one {
                Outgoing::Event(event) => {
                    events.push(event);
                    if events.len() >= PARCEL {
                        self.flush(&mut events, &mut effects);
                    }
                    continue;
                }
                Outgoing::Leave(told) => {
                    self.flush(&mut events, &mut effects);
                    if self.connected {
                        effects.extend(self.publish(&Said::Bye));
                    }
                    effects.push(Effect::Left(told));
                    continue;
                }
                Outgoing::Declared(user) => Said::Declared(user),
                Outgoing::Ended { which, tokens } => Said::Ended { which, tokens },
            };
            self.flush(&mut events, &mut effects);
            effects.extend(self.publish(&said));
        }
        self.flush(&mut events, &mut effects);
        effects
    }

    fn flush(&self, events: &mut Vec<Arc<Event>>, effects: &mut Vec<Effect>) {
        if !events.is_empty() {
            effects.extend(self.publish(&Said::Events(std::mem::take(events))));
        }
    }

    /// Something found no place in the queue.
    pub fn on_overflow(&mut self) -> Vec<Effect> {
        if self.connected {
            return self.publish(&Said::Missed);
        }
        self.missed = true;
        Vec::new()
    }

    /// A parcel came.
    pub fn on_parcel(&mut self, payload: &[u8], now: Instant) -> Vec<Effect> {
        let Some((from, json)) = open(payload) else {
            tracing::warn!("something that is no parcel came over the bridge");
            return Vec::new();
        };
        if from == self.me {
            self.echoed = now;
            return Vec::new();
        }
        match serde_json::from_str(json) {
            Ok(said) => self.hear(from, said, now),
            Err(error) => {
                tracing::warn!(node = from, %error, "a parcel of another node cannot be read");
                vec![Effect::Sweep]
            }
        }
    }

    fn hear(&mut self, from: NodeId, said: Said, now: Instant) -> Vec<Effect> {
        if let Said::Bye = said {
            self.peers.remove(&from);
            return vec![Effect::Neighbour(from, Around::Gone)];
        }
        let peer = self.peers.entry(from).or_insert(Peer { version: None, heard: now });
        peer.heard = now;
        match said {
            Said::Events(events) => vec![Effect::Import(events)],
            Said::Missed => vec![Effect::Sweep],
            Said::Ended { which, tokens } => vec![Effect::End(which, tokens)],
            Said::Declared(user) => vec![Effect::Declared(user)],
            Said::Users { version, users } => {
                peer.version = Some(version);
                vec![Effect::Neighbour(from, Around::Exactly(users.into_iter().collect()))]
            }
            Said::Moved { version, came, left } if peer.version.is_some_and(|known| known + 1 == version) => {
                peer.version = Some(version);
                vec![Effect::Neighbour(from, Around::Moved { came, left })]
            }
            Said::Pulse { version } if peer.version == Some(version) => Vec::new(),
            Said::Moved { .. } | Said::Pulse { .. } => self.publish(&Said::Ask(Some(from))),
            Said::Ask(whom) if whom.is_none_or(|whom| whom == self.me) => self.introduce(),
            Said::Ask(_) | Said::Bye => Vec::new(),
        }
    }

    /// Time passes.
    pub fn on_tick(&mut self, now: Instant) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.connected {
            if now >= self.echoed + SILENCE {
                return vec![Effect::Reconnect];
            }
            effects.extend(self.tell_moves());
            if now >= self.pulsed + PULSE {
                self.pulsed = now;
                effects.extend(self.publish(&Said::Pulse { version: self.version }));
            }
        }
        let silent = self.peers.extract_if(|_, peer| now >= peer.heard + SILENCE);
        effects.extend(silent.map(|(node, _)| Effect::Neighbour(node, Around::Gone)));
        effects
    }

    /// Who came and left since the others were told.
    fn tell_moves(&mut self) -> Vec<Effect> {
        let seen = self.online.version();
        if seen == self.seen {
            return Vec::new();
        }
        self.seen = seen;
        let here = self.online.here();
        let came: Vec<_> = here.difference(&self.told).copied().collect();
        let left: Vec<_> = self.told.difference(&here).copied().collect();
        self.told = here;
        if came.is_empty() && left.is_empty() {
            return Vec::new();
        }
        self.version += 1;
        self.publish(&Said::Moved { version: self.version, came, left })
    }
}
