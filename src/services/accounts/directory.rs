//! Who there is, as somebody may see it.

use super::Accounts;
use crate::domain::error::{Error, Result};
use crate::domain::page::{Page, Slice};
use crate::domain::user::{Identity, User, UserRef};
use crate::store::UserFilter;

impl Accounts {
    /// The user whom a path names; 404 if there is none, or none whom the caller may see.
    pub async fn visible(&self, caller: &Identity, reference: &str, public_directory: bool) -> Result<User> {
        let user = self.store.find_user(&UserRef::parse(reference)).await?.ok_or_else(user_not_found)?;
        let seen = public_directory || caller.role.is_staff() || user.role.is_staff() || user.id == caller.user_id;
        if seen { Ok(user) } else { Err(user_not_found()) }
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
