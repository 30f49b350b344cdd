//! Passwords: Argon2id with the parameters that OWASP recommends (19 MiB, 2 passes, 1 lane), off the event loop, few at once.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::domain::error::{Error, Result};

/// What an unknown user's password is compared with, so that it takes as long as a known user's.
static DECOY: LazyLock<Option<String>> = LazyLock::new(|| hash("a password that nobody has").ok());

/// Hashes and verifies. Clones share the bound.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// As many at once as there are cores: each takes one of them, and 19 MiB.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.off_loop(move || hash(&password)).await?
    }

    /// Whether the password belongs to the hash. Without one it takes the same time and is false.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool> {
        self.off_loop(move || {
            let known = phc.is_some();
            let phc = phc.or_else(|| DECOY.clone()).unwrap_or_default();
            let right = PasswordHash::new(&phc)
                .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
            right && known
        })
        .await
    }

    async fn off_loop<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn =
            self.turns.clone().acquire_owned().await.map_err(|_| Error::internal("password hashing was closed"))?;
        let result = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        result.await.map_err(|error| Error::internal(format!("password hashing: {error}")))
    }
}

fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|phc| phc.to_string())
        .map_err(|error| Error::internal(format!("password hashing: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_against_its_own_hash_only() {
        let passwords = Passwords::new();
        let phc = passwords.hash("correct horse".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify("correct horse".into(), Some(phc.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse ".into(), Some(phc)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_the_decoys_password() {
        assert!(!Passwords::new().verify("a password that nobody has".into(), None).await.unwrap());
    }
}
