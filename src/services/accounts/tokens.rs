//! Tokens: JWT (RFC 7519) signed with HS256. A token counts while the database says so; what it says is cached.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Accounts, EndedSessions, invalid_credentials};
use crate::domain::UserId;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::user::{Identity, Role, User};
use crate::store::NewToken;

const ISSUER: &str = "greenroom";
/// How long a socket ticket lives.
pub const TICKET_LIFE: Duration = Duration::seconds(30);

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: Uuid,
    jti: Uuid,
    role: Role,
    iat: i64,
    exp: i64,
    iss: String,
}

/// The keys that sign and verify.
pub(super) struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl Keys {
    pub(super) fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.leeway = 0;
        // expiry is compared by our clock, which tests can set
        validation.validate_exp = false;
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret), validation }
    }
}

/// A token as it is handed out, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    pub token: String,
    pub expires_at: OffsetDateTime,
}

/// A token that the database accepted, until then.
#[derive(Clone, Debug)]
pub(super) struct CachedToken {
    identity: Identity,
    until: OffsetDateTime,
}

impl Accounts {
    /// A token of a new session.
    pub async fn issue(&self, user: &User) -> Result<IssuedToken> {
        let new = self.new_token(user.id, Uuid::new_v4());
        self.store.insert_token(new).await?;
        self.sign(&new, user.role)
    }

    /// Signs somebody in. Takes the same time whether the account exists or not.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<(User, IssuedToken)> {
        let (user, hash) = self.check_login(login, password).await?;
        let new = self.new_token(user.id, Uuid::new_v4());
        self.store.insert_token(new).await?;
        if self.store.password_hash(user.id).await?.is_some_and(|now| now == hash) {
            let token = self.sign(&new, user.role)?;
            return Ok((user, token));
        }
        // the password was changed while it was being checked: the revocation that followed did not see this token
        self.store.revoke_session(user.id, new.sid).await?;
        Err(invalid_credentials())
    }

    fn new_token(&self, user_id: UserId, sid: Uuid) -> NewToken {
        let now = self.store.clock().now();
        let issued_at = now.replace_nanosecond(0).unwrap_or(now);
        NewToken { jti: Uuid::new_v4(), sid, user_id, issued_at, expires_at: issued_at + self.settings.token_lifetime }
    }

    /// The same claims give the same token: none has to be stored.
    fn sign(&self, token: &NewToken, role: Role) -> Result<IssuedToken> {
        let claims = Claims {
            sub: token.user_id.to_string(),
            sid: token.sid,
            jti: token.jti,
            role,
            iat: token.issued_at.unix_timestamp(),
            exp: token.expires_at.unix_timestamp(),
            iss: ISSUER.to_owned(),
        };
        let signed = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.encoding)
            .map_err(|error| Error::internal(format!("signing a token: {error}")))?;
        Ok(IssuedToken { token: signed, expires_at: token.expires_at })
    }

    /// Whose token this is. 401 if it is malformed, forged, expired or revoked.
    pub async fn authenticate(&self, token: &str) -> Result<Identity> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.keys.decoding, &self.keys.validation)
            .map_err(|_| Error::unauthenticated("TOKEN_INVALID", "The token is not valid: sign in again."))?
            .claims;
        if claims.exp <= self.store.clock().now().unix_timestamp() {
            return Err(Error::unauthenticated("TOKEN_EXPIRED", "The token has expired: sign in again."));
        }
        self.identity(claims.jti).await
    }

    async fn identity(&self, jti: Uuid) -> Result<Identity> {
        let now = self.store.clock().now();
        if let Some(cached) = self.cache.get(&jti)
            && cached.until > now
        {
            return Ok(cached.identity);
        }
        let before = self.revocations();
        let row = self.store.token(jti).await?;
        let row =
            row.ok_or_else(|| Error::unauthenticated("TOKEN_REVOKED", "The token was revoked: sign in again."))?;
        let until = row.replaced_until.map_or(row.identity.expires_at, |t| t.min(row.identity.expires_at));
        self.cache.insert(jti, CachedToken { identity: row.identity.clone(), until });
        if self.revocations() != before {
            self.cache.invalidate(&jti);
        }
        Ok(row.identity)
    }

    /// Whether a session goes on, and until when at the latest.
    pub async fn session_is_alive(&self, sid: Uuid) -> Result<Option<OffsetDateTime>> {
        let Some(user) = proxied_user(sid) else { return self.store.session_expiry(sid).await };
        let user = self.store.user(user).await?.filter(|user| !user.disabled);
        Ok(user.map(|_| self.store.clock().now() + self.settings.token_lifetime))
    }

    /// Of these sessions, those that were ended, on whichever node. One that expired counts as going on.
    pub async fn ended_among(&self, sessions: &[Uuid]) -> Result<Vec<Uuid>> {
        let (proxied, stored): (Vec<Uuid>, Vec<Uuid>) = sessions.iter().partition(|sid| proxied_user(**sid).is_some());
        let going_on = self.store.unrevoked(&stored).await?;
        let mut ended: Vec<Uuid> = stored.into_iter().filter(|sid| !going_on.contains(sid)).collect();
        for sid in proxied {
            if self.session_is_alive(sid).await?.is_none() {
                ended.push(sid);
            }
        }
        Ok(ended)
    }

    /// Whom a trusted proxy names by address. 401 if there is nobody, or the account is disabled. Their session has no token:
    /// it goes on while the account does.
    pub async fn named_by_proxy(&self, email: &str) -> Result<Identity> {
        // without @ it would be taken for a username
        let found = if email.contains('@') { self.store.user_for_login(email.trim()).await? } else { None };
        let user = found.map(|(user, _)| user).filter(|user| !user.disabled).ok_or_else(|| {
            Error::unauthenticated("UNKNOWN_USER_EMAIL", "User-Email is not the address of an account: sign up first.")
        })?;
        Ok(Identity {
            user_id: user.id,
            username: user.username,
            role: user.role,
            sid: proxied_session(user.id),
            jti: Uuid::nil(),
            expires_at: self.store.clock().now() + self.settings.token_lifetime,
        })
    }

    /// Ends the session of a token.
    pub async fn logout(&self, caller: &Identity) -> Result<()> {
        let revoked = self.store.revoke_session(caller.user_id, caller.sid).await?;
        self.forget(&revoked);
        (self.on_end)(EndedSessions::One(caller.sid), &revoked);
        Ok(())
    }

    /// Ends all sessions of a user but `except`.
    pub(super) async fn end_sessions_of(&self, user: UserId, except: Option<Uuid>) -> Result<()> {
        let revoked = self.store.revoke_user(user, except).await?;
        self.forget(&revoked);
        (self.on_end)(EndedSessions::OfUser { user, except }, &revoked);
        Ok(())
    }

    /// How many times tokens were revoked on this node. Whoever was authenticated since the same number of them still is.
    pub fn revocations(&self) -> u64 {
        self.revocations.load(Ordering::Acquire)
    }

    /// Takes tokens out of the cache; what is being read from the database right now is not put into it.
    pub fn forget(&self, tokens: &[Uuid]) {
        self.revocations.fetch_add(1, Ordering::AcqRel);
        for jti in tokens {
            self.cache.invalidate(jti);
        }
    }

    /// A new token of the same session, if the old one is near its end.
    pub async fn refresh(&self, caller: &Identity) -> Result<IssuedToken> {
        let now = self.store.clock().now();
        if caller.expires_at - now > self.settings.refresh_window {
            let due = caller.expires_at - self.settings.refresh_window;
            return Err(Error::new(
                Kind::Invalid,
                "TOKEN_NOT_DUE",
                "Token not due",
                "This token is still fresh: refresh it in the last minutes of its life.",
            )
            .with("refresh_at", due.unix_timestamp()));
        }
        let replaced = self.store.replace_token(caller.jti, self.new_token(caller.user_id, caller.sid)).await?;
        self.forget(&[caller.jti]);
        let new = replaced.ok_or_else(|| {
            Error::unauthenticated("TOKEN_REVOKED", "This token was replaced or revoked: sign in again.")
        })?;
        self.sign(&new, caller.role)
    }

    /// A ticket with which one socket can be opened in the name of this token.
    pub async fn issue_ticket(&self, caller: &Identity) -> Result<String> {
        let ticket = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let until = self.store.clock().now() + TICKET_LIFE;
        self.store.insert_ticket(ticket_hash(&ticket), caller.jti, until).await?;
        Ok(ticket)
    }

    /// Uses a ticket up. 401 if it is unknown, used or too old, or if its token does not count any more.
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Identity> {
        let jti = self.store.take_ticket(ticket_hash(ticket)).await?;
        let jti = jti.ok_or_else(|| {
            Error::unauthenticated(
                "TICKET_INVALID",
                "The ticket is unknown, used or older than 30 s: ask for another one.",
            )
        })?;
        self.identity(jti).await
    }
}

/// The one session of a user whom a proxy names. It is no UUID v4, as those of tokens are.
fn proxied_session(user: UserId) -> Uuid {
    Uuid::from_u64_pair(0, user.unsigned_abs())
}

fn proxied_user(sid: Uuid) -> Option<UserId> {
    match sid.as_u64_pair() {
        (0, user) => UserId::try_from(user).ok(),
        _ => None,
    }
}

fn ticket_hash(ticket: &str) -> String {
    hex::encode(Sha256::digest(ticket.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_of_a_proxys_user_names_them_and_no_random_one_does() {
        for user in [1, 77, UserId::MAX] {
            assert_eq!(proxied_user(proxied_session(user)), Some(user));
        }
        assert_eq!(proxied_user(Uuid::new_v4()), None);
    }
}
