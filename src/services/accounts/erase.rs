//! Erasing an account, and who looked at its data before.

use super::{Accounts, EndedSessions};
use crate::domain::UserId;
use crate::domain::error::Result;
use crate::domain::page::{Page, Slice};
use crate::store::{AccessEntry, Erasure};

impl Accounts {
    /// 409 for the last super-agent, who cannot go.
    pub async fn check_may_go(&self, user: UserId) -> Result<()> {
        self.store.check_may_go(user).await
    }

    /// Erases an account with everything that is only theirs. Their sockets close.
    pub async fn erase(&self, user: UserId) -> Result<Erasure> {
        let erasure = self.store.erase_user(user).await?;
        self.forget(&erasure.tokens);
        (self.on_end)(EndedSessions::OfUser { user, except: None }, &erasure.tokens);
        Ok(erasure)
    }

    /// Who of the staff looked at somebody's résumé data, the latest first.
    pub async fn access_log(&self, owner: UserId, page: Page) -> Result<Slice<AccessEntry>> {
        self.store.access_log(owner, page).await
    }
}
