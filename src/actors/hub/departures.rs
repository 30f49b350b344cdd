//! Who left a channel because their connection ended: told at once, unless so many leave in one moment that telling it would
//! flood the channel. Then the rest is told moment by moment, once for each user, and not at all of those who are back.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use time::OffsetDateTime;

use super::messages::Entrance;
use crate::domain::{ConversationId, UserId};

/// Frames that this may cost in one moment.
const FRAMES: usize = 20_000;
/// Departures that a channel is told of in one moment: a quarter of what may wait for a socket.
pub(super) const TOLD: usize = 64;

/// Somebody left a channel then.
pub(super) struct Departure {
    pub conversation: ConversationId,
    pub entrance: Arc<Entrance>,
    pub at: OffsetDateTime,
}

impl Departure {
    fn key(&self) -> (ConversationId, UserId) {
        (self.conversation, self.entrance.user.id)
    }
}

/// What was told in this moment, and what is to be told in the next ones.
#[derive(Default)]
pub(super) struct Departures {
    frames: usize,
    told: HashMap<ConversationId, usize>,
    waiting: HashMap<(ConversationId, UserId), Departure>,
    /// Whoever left first is told first. Names some who are back as well.
    order: VecDeque<(ConversationId, UserId)>,
}

impl Departures {
    /// Whether one more may be told now, to so many.
    pub fn admit(&mut self, conversation: ConversationId, listeners: usize) -> bool {
        let told = self.told.entry(conversation).or_default();
        // the first is told however many hear it
        if *told >= TOLD || self.frames > 0 && self.frames + listeners > FRAMES {
            return false;
        }
        *told += 1;
        self.frames += listeners;
        true
    }

    pub fn defer(&mut self, departure: Departure) {
        let key = departure.key();
        if self.waiting.insert(key, departure).is_none() {
            self.order.push_back(key);
        }
    }

    /// Somebody comes: true if nobody was told yet that they had left.
    pub fn is_back(&mut self, conversation: ConversationId, user: UserId) -> bool {
        self.waiting.remove(&(conversation, user)).is_some()
    }

    /// The next moment begins: what waits, in its order.
    pub fn next_moment(&mut self) -> Vec<Departure> {
        self.frames = 0;
        self.told.clear();
        std::mem::take(&mut self.order).into_iter().filter_map(|key| self.waiting.remove(&key)).collect()
    }
}
