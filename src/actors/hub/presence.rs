//! Who is said to be online: changes are told a moment later, so that whoever comes back at once never left.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::domain::{ConversationId, UserId};

/// Changes of presence are collected so long.
const ARRIVAL: Duration = Duration::from_millis(800);
/// Whoever is back by then has not left.
const DEPARTURE: Duration = Duration::from_secs(3);
/// The same state of typing is not told again within this time.
const TYPING: Duration = Duration::from_secs(3);

/// What is to be told, and what was.
#[derive(Default)]
pub(super) struct Presence {
    due: HashMap<UserId, Instant>,
    told: HashSet<UserId>,
    /// Who said what they are, or left before their coming was told: that is told, even to those who were told nothing else
    /// before.
    declared: HashSet<UserId>,
    typing: HashMap<(ConversationId, UserId), (bool, Instant)>,
}

impl Presence {
    /// Somebody said to be away, or back.
    pub fn declared(&mut self, user: UserId, now: Instant) {
        self.declared.insert(user);
        self.moved(user, now);
    }

    /// Somebody opened a socket.
    pub fn arrived(&mut self, user: UserId, now: Instant) {
        // another one of somebody who is known to be here
        if !self.told.contains(&user) || self.due.contains_key(&user) {
            self.moved(user, now);
        }
    }

    fn moved(&mut self, user: UserId, now: Instant) {
        self.due.entry(user).and_modify(|due| *due = (*due).min(now + ARRIVAL)).or_insert(now + ARRIVAL);
    }

    /// Somebody's last socket closed.
    pub fn left(&mut self, user: UserId, now: Instant) {
        // that they were here was not told yet, but lists and messages may have shown it
        if !self.told.contains(&user) {
            self.declared.insert(user);
        }
        self.due.insert(user, now + DEPARTURE);
    }

    /// Whose state is to be looked at now.
    pub fn due(&mut self, now: Instant) -> Vec<UserId> {
        let due: Vec<_> = self.due.iter().filter(|(_, at)| **at <= now).map(|(user, _)| *user).collect();
        for user in &due {
            self.due.remove(user);
        }
        self.typing.retain(|_, (_, at)| now.duration_since(*at) < TYPING);
        due
    }

    /// Whether this is news.
    pub fn tell(&mut self, user: UserId, is_online: bool) -> bool {
        let is_news = if is_online { self.told.insert(user) } else { self.told.remove(&user) };
        self.declared.remove(&user) || is_news
    }

    /// Whether a state of typing is to be told.
    pub fn types(&mut self, conversation: ConversationId, user: UserId, typing: bool, now: Instant) -> bool {
        let last = self.typing.insert((conversation, user), (typing, now));
        match last {
            Some((same, at)) if same == typing && now.duration_since(at) < TYPING => {
                self.typing.insert((conversation, user), (typing, at));
                false
            }
            _ => true,
        }
    }

    /// Whether there is nothing to be told, and nothing to be forgotten.
    pub fn is_quiet(&self) -> bool {
        self.due.is_empty() && self.typing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn whoever_comes_back_within_the_debounce_never_left() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        presence.arrived(1, now);
        assert!(presence.due(now).is_empty());
        assert_eq!(presence.due(now + seconds(1)), [1]);
        assert!(presence.tell(1, true) && !presence.tell(1, true));
        presence.left(1, now + seconds(2));
        presence.arrived(1, now + seconds(3));
        assert_eq!(presence.due(now + seconds(4)), [1]);
        assert!(!presence.tell(1, true) && presence.is_quiet());
        presence.left(1, now + seconds(5));
        assert_eq!((presence.due(now + seconds(7)), presence.due(now + seconds(8))), (vec![], vec![1]));
        assert!(presence.tell(1, false));
    }

    #[test]
    fn who_leaves_before_their_coming_was_told_is_told_to_have_left() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        presence.moved(1, now);
        presence.left(1, now + Duration::from_millis(500));
        assert_eq!(presence.due(now + seconds(4)), [1]);
        assert!(presence.tell(1, false) && !presence.tell(1, false));
    }

    #[test]
    fn what_somebody_declares_is_told_although_nothing_was_told_before() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        presence.arrived(1, now);
        presence.declared(1, now);
        assert_eq!(presence.due(now + seconds(1)), [1]);
        assert!(presence.tell(1, false) && !presence.tell(1, false));
    }

    #[test]
    fn a_repeat_of_typing_within_three_seconds_is_not_told() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        let conversation = ConversationId::nil();
        assert!(presence.types(conversation, 1, true, now));
        assert!(!presence.types(conversation, 1, true, now + seconds(2)));
        assert!(presence.types(conversation, 1, true, now + seconds(3)));
        assert!(presence.types(conversation, 1, false, now + seconds(3)));
        assert!(presence.types(conversation, 2, false, now + seconds(3)));
    }

    #[test]
    fn who_typed_is_forgotten_although_nobody_comes_or_goes() {
        let (mut presence, now) = (Presence::default(), Instant::now());
        assert!(presence.is_quiet());
        presence.types(ConversationId::nil(), 1, true, now);
        assert!(!presence.is_quiet());
        assert!(presence.due(now + seconds(3)).is_empty() && presence.is_quiet());
    }
}
