//! Who there is, as somebody may see it.

use super::Accounts;
use crate::domain::error::{Error, Result};
use crate::domain::page::{Page, Slice};
use crate::domain::permission::is_listed;
use crate::domain::user::{Identity, User, UserRef};
use crate::store::UserFilter;

impl Accounts {
    /// The user whom a path names; 404 if there is none, or none whom the caller may see.
    pub async fn visible(&self, caller: &Identity, reference: &str, public_directory: bool) -> Result<User> {
        let found = self.store.find_user(&UserRef::parse(reference)).await?;
        let seen = |user: &User| is_listed(public_directory, caller.user_id, caller.role, user);
        found.filter(seen).ok_or_else(user_not_found)
    }

    /// Somebody to whom the caller may write: whom they may see, or with whom they share a conversation.
    pub async fn reachable(&self, caller: &Identity, reference: &UserRef, public: bool) -> Result<Option<User>> {
        let Some(user) = self.store.find_user(reference).await? else { return Ok(None) };
        let listed = is_listed(public, caller.user_id, caller.role, &user);
        Ok((listed || self.store.have_met(caller.user_id, user.id).await?).then_some(user))
    }

    /// The caller's own account.
    pub async fn me(&self, caller: &Identity) -> Result<User> {
        self.store.user(caller.user_id).await?.ok_or_else(user_not_found)
    }

    /// One page of the directory.
    pub async fn list(
        &self,
        caller: &Identity,
        mut filter: UserFilter,
        public: bool,
        page: Page,
    ) -> Result<Slice<User>> {
        if !public && !caller.role.is_staff() {
            filter.staff_and = Some(caller.user_id);
        }
        self.store.users(&filter, page).await
    }
}

fn user_not_found() -> Error {
    Error::not_found("USER_NOT_FOUND", "User not found")
}
