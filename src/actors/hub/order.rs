//! Where other nodes write into the same conversations: puts stored changes into the order of their `seq` before anybody is
//! told. A change that comes too early is held back; what does not come at all is read from the database. No framework.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::ConversationId;
use crate::domain::event::{Event, Stored};

/// What is missing is mostly under way: so long it is waited for before the database is asked.
pub(super) const GRACE: Duration = Duration::from_millis(50);
/// A question to the database that is not answered by then is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Changes that are asked for at once.
const PAGE: i64 = 100;
/// Changes that one conversation holds back; what comes beyond is read from the database in its turn.
const MAX_HELD: usize = 1000;
/// Who has missed more than this is better off with history: their sockets are closed, to begin anew.
pub(super) const MAX_MISSED: i64 = 1000;
/// A conversation of which so long nothing was heard, and to which nobody listens, is forgotten.
const IDLE: Duration = Duration::from_secs(600);

/// Changes that were not told to this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub conversation: ConversationId,
    pub seqs: RangeInclusive<i64>,
}

/// How far one conversation has been told.
struct Place {
    /// Everything up to here was brought to the sockets; `None` until it is known from where on they want it.
    told: Option<i64>,
    /// A listener is about to say so.
    expected: bool,
    /// Came too early.
    held: BTreeMap<i64, Arc<Event>>,
    /// The database has changes up to here.
    exists: i64,
    /// Something is missing since then.
    waits: Option<Instant>,
    asked: Option<Instant>,
    moved: Instant,
}

impl Place {
    fn new(now: Instant) -> Self {
        Self { told: None, expected: false, held: BTreeMap::new(), exists: 0, waits: None, asked: None, moved: now }
    }

    /// What can be told by now.
    fn ready(&mut self, now: Instant) -> Vec<Arc<Event>> {
        let mut ready = Vec::new();
        if let Some(told) = &mut self.told {
            while let Some(first) = self.held.first_entry().filter(|first| *first.key() <= *told + 1) {
                *told = (*told).max(*first.key());
                ready.push(first.remove());
            }
        }
        let behind = !self.held.is_empty() || self.told.is_some_and(|told| told < self.exists);
        self.waits = behind.then(|| self.waits.filter(|_| ready.is_empty()).unwrap_or(now));
        ready
    }

    /// It begins here. What was held up to here is for those who hear without having asked.
    fn begin(&mut self, seq: i64, now: Instant) -> Vec<Arc<Event>> {
        let later = self.held.split_off(&(seq + 1));
        let mut ready: Vec<_> = std::mem::replace(&mut self.held, later).into_values().collect();
        self.told = Some(seq);
        ready.extend(self.ready(now));
        ready
    }

    /// The next changes that are missing.
    fn missing(&self) -> Option<RangeInclusive<i64>> {
        let told = self.told?;
        let last = self.held.first_key_value().map_or(self.exists, |(seq, _)| seq - 1);
        (last > told).then(|| told + 1..=last.min(told + PAGE))
    }
}

/// How far each conversation has been told on this node.
#[derive(Default)]
pub(super) struct Order {
    /// Other nodes tell what they write: something earlier may be under way when the first of a conversation comes.
    bridged: bool,
    places: HashMap<ConversationId, Place>,
    /// Those of which something is missing.
    behind: HashSet<ConversationId>,
}

impl Order {
    pub fn new(bridged: bool) -> Self {
        Self { bridged, ..Self::default() }
    }

    /// Changes a place; what is to be told now.
    fn at(
        &mut self,
        conversation: ConversationId,
        now: Instant,
        change: impl FnOnce(&mut Place) -> Vec<Arc<Event>>,
    ) -> Vec<Arc<Event>> {
        let place = self.places.entry(conversation).or_insert_with(|| Place::new(now));
        let ready = change(place);
        if place.waits.is_some() {
            self.behind.insert(conversation);
        } else {
            self.behind.remove(&conversation);
        }
        ready
    }

    /// Takes a change in; gives what is to be told now. While a new listener's place is not known, everything is held.
    pub fn take(&mut self, event: Arc<Event>, now: Instant) -> Vec<Arc<Event>> {
        let Event::Stored(Stored { conversation, seq, .. }) = &*event else { return vec![event] };
        let (id, seq) = (conversation.id, *seq);
        let begins = !self.contains(id) && (seq == 1 || !self.bridged);
        self.at(id, now, |place| {
            place.moved = now;
            if begins {
                // nobody has asked for it so far
                place.told = Some(seq - 1);
            }
            if place.told.is_some_and(|told| seq <= told) {
                return Vec::new();
            }
            place.exists = place.exists.max(seq);
            place.held.insert(seq, event);
            if place.held.len() > MAX_HELD {
                place.held.pop_last();
            }
            place.ready(now)
        })
    }

    /// Somebody is about to listen: until [`Self::known`] says from where on, nothing is told that could leave a gap.
    pub fn expect(&mut self, conversation: ConversationId, now: Instant) {
        self.at(conversation, now, |place| {
            place.moved = now;
            place.expected = place.told.is_none();
            Vec::new()
        });
    }

    /// A listener knows everything up to here.
    pub fn known(&mut self, conversation: ConversationId, seq: i64, now: Instant) -> Vec<Arc<Event>> {
        self.at(conversation, now, |place| {
            if place.told.is_none() {
                return place.begin(seq, now);
            }
            place.exists = place.exists.max(seq);
            place.ready(now)
        })
    }

    /// The database has changes up to here. Where the place of a new listener is not known yet, that will come of itself.
    pub fn exists(&mut self, conversation: ConversationId, seq: i64, now: Instant) -> Vec<Arc<Event>> {
        if !self.contains(conversation) {
            return Vec::new();
        }
        self.at(conversation, now, |place| {
            place.exists = place.exists.max(seq);
            place.ready(now)
        })
    }

    /// Nobody listens any more. If their place never came, what was held for them goes to the others.
    pub fn abandoned(&mut self, conversation: ConversationId, now: Instant) -> Vec<Arc<Event>> {
        match self.places.get(&conversation) {
            Some(place) if place.told.is_none() && place.held.is_empty() => {
                self.forget(conversation);
                Vec::new()
            }
            Some(place) if place.told.is_none() => self.at(conversation, now, |place| {
                let first = place.held.first_key_value().map_or(0, |(seq, _)| seq - 1);
                place.begin(first, now)
            }),
            _ => Vec::new(),
        }
    }

    /// What the database has of a range that was missing; nothing stands any more where it has nothing.
    pub fn fill(&mut self, missing: &Missing, events: Vec<Arc<Event>>, now: Instant) -> Vec<Arc<Event>> {
        let end = *missing.seqs.end();
        self.at(missing.conversation, now, |place| {
            place.asked = None;
            let Some(told) = place.told.filter(|told| *told < end) else { return Vec::new() };
            let mut filled: BTreeMap<i64, Arc<Event>> = BTreeMap::new();
            for event in events {
                if let Event::Stored(Stored { seq, .. }) = &*event
                    && (told + 1..=end).contains(seq)
                {
                    filled.insert(*seq, event);
                }
            }
            // what came by itself meanwhile says more than the latest state
            let later = place.held.split_off(&(end + 1));
            filled.extend(std::mem::replace(&mut place.held, later));
            place.told = Some(end);
            let mut ready: Vec<_> = filled.into_values().collect();
            ready.extend(place.ready(now));
            ready
        })
    }

    /// Conversations that begin with what was held so long, as nothing earlier came.
    pub fn begin(&mut self, now: Instant) -> Vec<Arc<Event>> {
        let begins = |place: &Place| {
            place.told.is_none() && !place.expected && place.waits.is_some_and(|since| now >= since + GRACE)
        };
        let ids: Vec<_> = self.behind.iter().copied().filter(|id| self.places.get(id).is_some_and(begins)).collect();
        ids.into_iter().flat_map(|id| self.abandoned(id, now)).collect()
    }

    /// Whether something is missing.
    pub fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// What the database is to be asked for now. Nothing is asked for twice at once.
    pub fn missing(&mut self, now: Instant) -> Vec<Missing> {
        let mut all = Vec::new();
        for &conversation in &self.behind {
            let Some(place) = self.places.get_mut(&conversation) else { continue };
            let waited = place.waits.is_some_and(|since| now >= since + GRACE);
            let unanswered = place.asked.is_none_or(|asked| now >= asked + PATIENCE);
            if let Some(seqs) = place.missing().filter(|_| waited && unanswered) {
                place.asked = Some(now);
                all.push(Missing { conversation, seqs });
            }
        }
        all
    }

    /// Conversations that have missed so much that nobody reads it for them: they go on from the end.
    pub fn give_up(&mut self, now: Instant) -> Vec<(ConversationId, Vec<Arc<Event>>)> {
        let hopeless = |place: &Place| place.told.is_some_and(|told| place.exists - told > MAX_MISSED);
        let ids: Vec<_> = self.behind.iter().copied().filter(|id| self.places.get(id).is_some_and(hopeless)).collect();
        let skip = |id| {
            let ready = self.at(id, now, |place| {
                place.told = Some(place.held.first_key_value().map_or(place.exists, |(seq, _)| seq - 1));
                place.ready(now)
            });
            (id, ready)
        };
        ids.into_iter().map(skip).collect()
    }

    /// The conversations that have a place, without those that are done with.
    pub fn conversations(&mut self, now: Instant, is_heard: impl Fn(ConversationId) -> bool) -> Vec<ConversationId> {
        self.places.retain(|id, place| place.waits.is_some() || now < place.moved + IDLE || is_heard(*id));
        self.places.keys().copied().collect()
    }

    /// A conversation is gone.
    pub fn forget(&mut self, conversation: ConversationId) {
        self.places.remove(&conversation);
        self.behind.remove(&conversation);
    }

    pub fn contains(&self, conversation: ConversationId) -> bool {
        self.places.contains_key(&conversation)
    }
}

#[cfg(test)]
mod tests;
