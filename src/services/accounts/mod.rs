//! Accounts: signing up, in and out, tokens and their revocation, roles, the directory of users.

mod directory;
mod erase;
mod export;
mod passwords;
mod secret;
mod tokens;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use moka::sync::Cache;
use uuid::Uuid;

use crate::config::AuthSettings;
use crate::domain::UserId;
use crate::domain::account::{self, username_candidates};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::user::{Identity, Role, User, UserRef};
use crate::store::{NewUser, Store};

use export::Exports;
use passwords::Passwords;
pub use secret::load_or_create as load_or_create_secret;
pub use tokens::IssuedToken;
use tokens::{CachedToken, Keys};

/// Sessions that just ended: their sockets must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedSessions {
    One(Uuid),
    /// All of a user, but the one that asked.
    OfUser {
        user: UserId,
        except: Option<Uuid>,
    },
}

/// Tells whoever holds sockets that sessions ended, and other nodes that these tokens do not count any more. Called after the
/// database knows.
pub type OnEnd = Arc<dyn Fn(EndedSessions, &[Uuid]) + Send + Sync>;

/// Tokens kept in memory, so that a request costs no query.
const CACHED_TOKENS: u64 = 100_000;
/// For so long a change made by another process (`greenroom user …`, a node that cannot tell) may go unnoticed.
const CACHE_LIFE: Duration = Duration::from_secs(30);

/// The accounts service. Clones share everything.
#[derive(Clone)]
pub struct Accounts {
    store: Store,
    passwords: Passwords,
    keys: Arc<Keys>,
    settings: Arc<AuthSettings>,
    cache: Cache<Uuid, CachedToken>,
    /// Counts revocations: what was read from the database before one must not be cached after it.
    revocations: Arc<AtomicU64>,
    on_end: OnEnd,
    exports: Exports,
}

/// A sign-up as it came in.
#[derive(Debug)]
pub struct Registration {
    pub username: Option<String>,
    pub email: String,
    pub password: String,
    pub name: Option<String>,
    pub role: Role,
}

fn invalid_credentials() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "INVALID_CREDENTIALS",
        "Invalid credentials",
        "The user name or e-mail address and the password do not belong together.",
    )
}

impl Accounts {
    /// `secret` signs the tokens.
    pub fn new(store: Store, settings: AuthSettings, secret: &[u8], on_end: OnEnd) -> Self {
        Self {
            store,
            passwords: Passwords::new(),
            keys: Arc::new(Keys::new(secret)),
            settings: Arc::new(settings),
            cache: Cache::builder().max_capacity(CACHED_TOKENS).time_to_live(CACHE_LIFE).build(),
            revocations: Arc::default(),
            on_end,
            exports: Exports::default(),
        }
    }

    /// Makes an account. Without a username one is derived from the address.
    pub async fn register(&self, registration: Registration) -> Result<User> {
        let email = account::email(&registration.email)?;
        account::password("password", &registration.password)?;
        let username = registration.username.as_deref().map(account::username).transpose()?;
        let name = match (&registration.name, &username) {
            (Some(name), _) => account::name(name)?,
            (None, Some(username)) => username.clone(),
            (None, None) => return Err(Error::invalid("name", "name is required: 2 to 100 characters.")),
        };
        let password_hash = self.passwords.hash(registration.password).await?;
        let new = |username| NewUser {
            username,
            name: name.clone(),
            email: email.clone(),
            password_hash: password_hash.clone(),
            role: registration.role,
        };
        if let Some(username) = username {
            return self.store.create_user(new(username)).await;
        }
        for candidate in username_candidates(&email, rand::random) {
            match self.store.create_user(new(candidate)).await {
                Err(error) if error.code == "USERNAME_TAKEN" => {}
                other => return other,
            }
        }
        Err(Error::internal("no free username was found in 21 attempts"))
    }

    /// The account of a login name and password, and the hash that the password belongs to.
    async fn check_login(&self, login: &str, password: &str) -> Result<(User, String)> {
        let found = self.store.user_for_login(login.trim()).await?;
        let hash = found.as_ref().map(|(_, hash)| hash.clone());
        let right = self.passwords.verify(password.to_owned(), hash).await?;
        match found {
            Some((user, _)) if right && user.disabled => Err(Error::new(
                Kind::Forbidden,
                "ACCOUNT_DISABLED",
                "Account disabled",
                "This account was disabled: ask an administrator of this server.",
            )),
            Some(known) if right => Ok(known),
            _ => Err(invalid_credentials()),
        }
    }

    /// Checks the password of somebody who is signed in: 403 `WRONG_PASSWORD`.
    pub async fn check_password(&self, user: UserId, password: &str) -> Result<()> {
        let hash = self.store.password_hash(user).await?;
        if self.passwords.verify(password.to_owned(), hash).await? {
            return Ok(());
        }
        Err(Error::new(Kind::Forbidden, "WRONG_PASSWORD", "Wrong password", "The current password is not right."))
    }

    /// Sets a new password and ends all sessions but the caller's.
    pub async fn change_password(&self, caller: &Identity, new: String) -> Result<()> {
        account::password("new_password", &new)?;
        let hash = self.passwords.hash(new).await?;
        self.store.set_password_hash(caller.user_id, hash).await?;
        self.end_sessions_of(caller.user_id, Some(caller.sid)).await
    }

    /// Changes a role; every session of that user ends.
    pub async fn set_role(&self, user: UserId, role: Role) -> Result<()> {
        self.store.set_role(user, role).await?;
        self.end_sessions_of(user, None).await
    }

    /// Disables or enables an account; every session of that user ends.
    pub async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<()> {
        self.store.set_disabled(user, disabled).await?;
        self.end_sessions_of(user, None).await
    }

    /// Somebody is away, or back.
    pub async fn set_away(&self, user: UserId, away: bool) -> Result<()> {
        self.store.set_away(user, away).await
    }

    /// Nobody of these is away any more.
    pub async fn come_back(&self, users: &[UserId]) -> Result<()> {
        self.store.come_back(users).await
    }

    /// The users with these ids, as far as there are any.
    pub async fn people(&self, ids: &[UserId]) -> Result<HashMap<UserId, Arc<User>>> {
        self.store.people(ids.iter().copied().collect()).await
    }

    pub async fn find(&self, reference: &UserRef) -> Result<Option<User>> {
        self.store.find_user(reference).await
    }
}
