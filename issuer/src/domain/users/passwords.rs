//! Password hashing: argon2id, a bounded number at a time, and the same cost for everybody.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::domain::Password;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Sign-ins that may wait for a core; more are turned away, or a flood of them would take all memory.
const WAITING: usize = 64;

/// Hashes and checks passwords.
pub struct Passwords {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Checked instead of the hash that an unknown user does not have.
    stand_in: String,
}

/// Too many passwords are being checked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overloaded;

impl Passwords {
    /// Checks at most `cores` passwords at once.
    ///
    /// # Errors
    /// A text, when argon2 does not accept its parameters.
    pub fn new(cores: usize) -> Result<Passwords, &'static str> {
        let cores = cores.max(1);
        Ok(Passwords {
            running: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores.saturating_add(WAITING))),
            stand_in: hash(&Password::new(String::new()), &[0; 16])?,
        })
    }

    /// Whether `password` belongs to `stored`. Without a stored hash the answer is no, at the same cost.
    ///
    /// # Errors
    /// [`Overloaded`] at once when too many are waiting already.
    pub async fn verify(&self, stored: Option<String>, password: Password) -> Result<bool, Overloaded> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.stand_in.clone());
        let matches = self.when_there_is_room(move || matches(&stored, &password)).await?;
        Ok(matches.unwrap_or(false) && known)
    }

    /// The hash of a new password. `None`: it could not be made.
    ///
    /// # Errors
    /// [`Overloaded`] at once when too many are waiting already.
    pub(super) async fn hash(
        &self,
        password: Password,
        salt: [u8; 16],
    ) -> Result<Option<String>, Overloaded> {
        Ok(self.when_there_is_room(move || hash(&password, &salt).ok()).await?.flatten())
    }

    async fn when_there_is_room<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Overloaded> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Overloaded)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Overloaded)?;
        // The permits travel with the work: a client that hangs up does not make room before the work is
        // done.
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop((place, running));
            outcome
        });
        Ok(done.await.ok())
    }
}

/// The argon2id hash of a password in PHC form.
pub(super) fn hash(password: &Password, salt: &[u8; 16]) -> Result<String, &'static str> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| "argon2 refused its parameters")?;
    let salt = SaltString::encode_b64(salt).map_err(|_| "argon2 refused its salt")?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(password.as_bytes(), &salt).map_err(|_| "argon2 refused the password")?;
    Ok(hash.to_string())
}

fn matches(stored: &str, password: &Password) -> bool {
    // The parameters are read from the stored hash, so that older ones still work after the constants above
    // change.
    PasswordHash::new(stored)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_accepted() {
        let passwords = Passwords::new(2).unwrap();
        let stored = hash(&Password::new("correct horse".into()), &[7; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let right = passwords.verify(Some(stored.clone()), Password::new("correct horse".into())).await;
        assert_eq!(right, Ok(true));
        let wrong = passwords.verify(Some(stored), Password::new("correct horsf".into())).await;
        assert_eq!(wrong, Ok(false));
        // The stand-in is the hash of the empty password; knowing that must not help.
        assert_eq!(passwords.verify(None, Password::new(String::new())).await, Ok(false));
    }

    #[tokio::test]
    async fn a_flood_of_sign_ins_is_turned_away_at_once() {
        let passwords = Arc::new(Passwords::new(1).unwrap());
        let all: Vec<_> = (0..WAITING + 2)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                async move { passwords.verify(None, Password::new("x".into())).await }
            })
            .map(Box::pin)
            .collect();
        let mut refused = 0;
        let mut pending = Vec::new();
        for mut attempt in all {
            match std::future::poll_fn(|cx| std::task::Poll::Ready(attempt.as_mut().poll(cx))).await {
                std::task::Poll::Ready(Err(Overloaded)) => refused += 1,
                _ => pending.push(attempt),
            }
        }
        assert_eq!((refused, pending.len()), (1, WAITING + 1));
    }
}
