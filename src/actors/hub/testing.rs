//! For tests of those who read what the hub writes.

use super::Online;
use crate::domain::UserId;

/// Somebody opens their first socket here.
pub fn appear(online: &Online, user: UserId) {
    online.insert(user);
}

/// Somebody closes their last socket here.
pub fn disappear(online: &Online, user: UserId) {
    online.remove(user);
}
