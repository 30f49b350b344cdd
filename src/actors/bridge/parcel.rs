//! What nodes tell each other: written once, read by all of one cluster.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::actors::hub::{NodeId, Which};
use crate::domain::UserId;
use crate::domain::event::Event;

/// Nodes that write parcels differently do not hear each other.
const FORMAT: u32 = 1;

/// What one node tells the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// In the order in which they happened there.
    Events(Vec<Arc<Event>>),
    /// Something got lost on its way to the others: they look into the database.
    Missed,
    /// Sessions ended, and with them these tokens.
    Ended { which: Which, tokens: Vec<Uuid> },
    /// Somebody said to be away, or back.
    Declared(UserId),
    /// Everybody who is there, as of a version.
    Users { version: u64, users: Vec<UserId> },
    /// What made this version out of the one before.
    Moved { version: u64, came: Vec<UserId>, left: Vec<UserId> },
    /// The node lives, and this is its version.
    Pulse { version: u64 },
    /// Wants to hear who is on that node; on all of them.
    Ask(Option<NodeId>),
    /// The node goes.
    Bye,
}

/// What is told about: a channel of Redis each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Events,
    Sessions,
    Presence,
}

impl Said {
    pub fn topic(&self) -> Topic {
        match self {
            Self::Events(_) | Self::Missed => Topic::Events,
            Self::Ended { .. } => Topic::Sessions,
            Self::Declared(_)
            | Self::Users { .. }
            | Self::Moved { .. }
            | Self::Pulse { .. }
            | Self::Ask(_)
            | Self::Bye => Topic::Presence,
        }
    }

    /// The sender stands before the JSON: a node recognises its own parcels without reading them.
    pub fn write(&self, from: NodeId) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|json| format!("{from} {json}"))
    }
}

/// Who sent a parcel, and what is in it; `None` if it is no parcel.
pub(super) fn open(payload: &[u8]) -> Option<(NodeId, &str)> {
    let (from, json) = std::str::from_utf8(payload).ok()?.split_once(' ')?;
    Some((from.parse().ok()?, json))
}

/// The channels of one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channels {
    prefix: String,
}

impl Channels {
    /// Whoever accepts the same tokens belongs together: their channels are named by the secret that signs them, which
    /// cannot be read out of the name. `also` parts those who share a secret and nothing else.
    pub fn of(secret: &[u8], also: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [b"greenroom bridge", secret, also.as_bytes()] {
            hash.update(Sha256::digest(part));
        }
        Self { prefix: format!("greenroom:{FORMAT}:{}", hex::encode(&hash.finalize()[..16])) }
    }

    pub(super) fn name(&self, topic: Topic) -> String {
        let topic = match topic {
            Topic::Events => "events",
            Topic::Sessions => "sessions",
            Topic::Presence => "presence",
        };
        format!("{}:{topic}", self.prefix)
    }

    pub(super) fn all(&self) -> [String; 3] {
        [Topic::Events, Topic::Sessions, Topic::Presence].map(|topic| self.name(topic))
    }
}
