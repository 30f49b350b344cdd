//! Large bodies on their way: each stands in memory until it is stored, so nobody has more than a few of them at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::UserId;
use crate::domain::error::{Error, Kind, Result};

/// Large bodies of one user at a time, on this node.
const PER_USER: usize = 4;
const RETRY: Duration = Duration::from_secs(5);

/// How many each user has on the way. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Arrivals(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place for one body, taken until this is dropped.
#[derive(Debug)]
pub struct Place {
    arrivals: Arrivals,
    user: UserId,
}

impl Arrivals {
    /// A place for a body of this user; 429 if theirs are all taken.
    pub fn admit(&self, user: UserId) -> Result<Place> {
        let mut taken = self.taken();
        let count = taken.entry(user).or_default();
        if *count >= PER_USER {
            return Err(too_many());
        }
        *count += 1;
        Ok(Place { arrivals: self.clone(), user })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.arrivals.taken();
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

fn too_many() -> Error {
    let message =
        format!("{PER_USER} uploads of yours are on their way: send this one again when one of them is done.");
    Error::new(Kind::RateLimited, "TOO_MANY_UPLOADS", "Too many uploads", message).retry_after(RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_a_few_places_and_gets_them_back() {
        let arrivals = Arrivals::default();
        let mut places: Vec<Place> = (0..PER_USER).map(|_| arrivals.admit(1).unwrap()).collect();
        assert_eq!(arrivals.admit(1).unwrap_err().code, "TOO_MANY_UPLOADS");
        assert!(arrivals.admit(2).is_ok());
        places.pop();
        places.push(arrivals.admit(1).unwrap());
        assert!(arrivals.admit(1).is_err());
        drop(places);
        assert!(arrivals.taken().is_empty());
    }
}
