//! What the sockets of a user have loaded: one matcher for all that load the same, and a bound for all that one user has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::UserId;
use crate::domain::error::{Error, Result};
use crate::services::matching::Matcher;

/// Bytes that the sets of one user take at most. 500 long questions with long answers take about half of it.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Sets of one user that are made ready at the same time: each is in memory before it is known whether it is shared.
const AT_ONCE: usize = 4;
/// Users to be looked through at least before those who have nothing any more are forgotten.
const FEW: usize = 64;

/// The sets that sockets hold, by who loaded them. A socket has its own reference: nothing here is asked when it answers.
#[derive(Clone)]
pub(super) struct Shared {
    max_bytes: usize,
    users: Arc<Mutex<Users>>,
}

#[derive(Default)]
struct Users {
    held: HashMap<UserId, Held>,
    forget_at: usize,
}

struct Held {
    sets: Vec<Weak<Matcher>>,
    turns: Arc<Semaphore>,
}

impl Default for Held {
    fn default() -> Self {
        Self { sets: Vec::new(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Held {
    fn is_empty(&self) -> bool {
        self.sets.iter().all(|set| set.strong_count() == 0) && Arc::strong_count(&self.turns) == 1
    }
}

impl Users {
    fn of(&mut self, user: UserId) -> &mut Held {
        if self.held.len() >= self.forget_at.max(FEW) {
            self.held.retain(|_, held| !held.is_empty());
            self.forget_at = self.held.len() * 2;
        }
        self.held.entry(user).or_default()
    }
}

impl Shared {
    /// `max_bytes`: what the sets of one user take at most.
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, users: Arc::default() }
    }

    /// To be held while a set of this user is read and made ready.
    pub async fn turn(&self, user: UserId) -> Result<OwnedSemaphorePermit> {
        let turns = self.with(user, |held| held.turns.clone());
        turns.acquire_owned().await.map_err(|_| Error::internal("a closed semaphore"))
    }

    /// The same set if a socket has it already, otherwise this one. 409 if the user has too many.
    pub fn share(&self, user: UserId, matcher: Matcher) -> Result<Arc<Matcher>> {
        self.with(user, |held| {
            let living: Vec<Arc<Matcher>> = held.sets.iter().filter_map(Weak::upgrade).collect();
            held.sets = living.iter().map(Arc::downgrade).collect();
            if let Some(same) = living.iter().find(|other| ***other == matcher) {
                return Ok(same.clone());
            }
            let bytes = living.iter().map(|other| other.bytes()).sum::<usize>() + matcher.bytes();
            if bytes > self.max_bytes {
                return Err(self.full());
            }
            let matcher = Arc::new(matcher);
            held.sets.push(Arc::downgrade(&matcher));
            Ok(matcher)
        })
    }

    fn with<T>(&self, user: UserId, act: impl FnOnce(&mut Held) -> T) -> T {
        act(self.users.lock().unwrap_or_else(PoisonError::into_inner).of(user))
    }

    fn full(&self) -> Error {
        let message = format!(
            "The saved questions that your sockets have loaded may take {} MiB in all: unload what a socket needs no more \
             (POST /api/chat/unload-qa), or load fewer questions.",
            self.max_bytes / (1024 * 1024)
        );
        Error::conflict("MEMORY_FULL", "Too much loaded", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::matching::scale::Scale;
    use crate::services::matching::SavedQuestion;

    /// One question with an answer of a thousand bytes.
    fn matcher(id: i64, embedding: &[f32]) -> Matcher {
        let (question, answer) = ("Why us?".to_owned(), "x".repeat(1000));
        let saved = SavedQuestion { id, question, answer, embedding: embedding.to_vec() };
        Matcher::new(vec![saved], Scale::PLAIN, 0.75)
    }

    #[test]
    fn the_same_set_is_shared_by_the_sockets_of_one_user_only() {
        let shared = Shared::new(MAX_BYTES);
        let first = shared.share(1, matcher(1, &[1.0])).unwrap();
        assert!(Arc::ptr_eq(&first, &shared.share(1, matcher(1, &[1.0])).unwrap()));
        // vectors that were missing, or of another model, make another set
        for (user, other) in [(1, matcher(2, &[1.0])), (1, matcher(1, &[])), (2, matcher(1, &[1.0]))] {
            assert!(!Arc::ptr_eq(&first, &shared.share(user, other).unwrap()));
        }
    }

    #[test]
    fn the_sets_of_a_user_are_bounded_in_all_and_what_no_socket_has_does_not_count() {
        let shared = Shared::new(matcher(1, &[1.0]).bytes() * 2);
        let held = [1, 2].map(|id| shared.share(1, matcher(id, &[1.0])).unwrap());
        let refused = shared.share(1, matcher(3, &[1.0])).unwrap_err();
        assert_eq!(refused.code, "MEMORY_FULL");
        assert!(shared.share(1, matcher(2, &[1.0])).is_ok() && shared.share(2, matcher(3, &[1.0])).is_ok());
        drop(held);
        assert!(shared.share(1, matcher(3, &[1.0])).is_ok());
    }

    #[tokio::test]
    async fn who_has_nothing_any_more_is_forgotten() {
        let shared = Shared::new(MAX_BYTES);
        let kept = shared.share(0, matcher(1, &[1.0])).unwrap();
        let turn = shared.turn(1).await.unwrap();
        for user in 2..1000 {
            shared.share(user, matcher(1, &[1.0])).unwrap();
        }
        let users = shared.users.lock().unwrap();
        assert!(users.held.len() <= FEW && users.held.contains_key(&0) && users.held.contains_key(&1));
        drop((kept, turn));
    }
}
