//! Password hashing: argon2id, a bounded number at a time, and the same cost for known and unknown users.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use super::hash_queue::{HashQueue, Share};
use crate::domain::Password;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords.
pub struct Passwords {
    queue: HashQueue,
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
        Ok(Passwords {
            queue: HashQueue::new(cores),
            stand_in: hash(&Password::new(String::new()), &[0; 16])?,
        })
    }

    /// Whether `password` belongs to `stored`. Without a stored hash the answer is no, at the same cost.
    ///
    /// `judged` is called with the answer as soon as there is one, also when the caller has stopped waiting meanwhile; it is
    /// dropped uncalled when the password is never looked at.
    ///
    /// # Errors
    /// [`Overloaded`] when too many are waiting already.
    pub async fn verify(
        &self,
        share: Share,
        stored: Option<String>,
        password: Password,
        judged: impl FnOnce(bool) + Send + 'static,
    ) -> Result<bool, Overloaded> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.stand_in.clone());
        let right = self.when_there_is_room(share, move || {
            let right = matches(&stored, &password) && known;
            judged(right);
            right
        });
        Ok(right.await?.unwrap_or(false))
    }

    /// The hash of a new password. `None`: it could not be made.
    ///
    /// # Errors
    /// [`Overloaded`] when too many are waiting already.
    pub(super) async fn hash(
        &self,
        share: Share,
        password: Password,
        salt: [u8; 16],
    ) -> Result<Option<String>, Overloaded> {
        Ok(self.when_there_is_room(share, move || hash(&password, &salt).ok()).await?.flatten())
    }

    async fn when_there_is_room<T: Send + 'static>(
        &self,
        share: Share,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Overloaded> {
        let core = self.queue.core(share).await?;
        // The core travels with the work: a client that hangs up does not free it before the work is done.
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(core);
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
    use std::net::IpAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use super::super::hash_queue::PLACES_PER_SOURCE;
    use super::*;

    fn share() -> Share {
        Share::of(IpAddr::from([203, 0, 113, 1]), false)
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_accepted() {
        let passwords = Passwords::new(2).unwrap();
        let stored = hash(&Password::new("correct horse".into()), &[7; 16]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verify =
            |stored, text: &str| passwords.verify(share(), stored, Password::new(text.into()), |_| {});
        assert_eq!(verify(Some(stored.clone()), "correct horse").await, Ok(true));
        assert_eq!(verify(Some(stored), "correct horsf").await, Ok(false));
        // The stand-in is the hash of the empty password; knowing that must not help.
        assert_eq!(verify(None, "").await, Ok(false));
    }

    #[tokio::test]
    async fn a_password_whose_client_hung_up_is_judged_if_it_was_begun_and_costs_nothing_if_not() {
        let passwords = Arc::new(Passwords::new(1).unwrap());
        let judged = Arc::new(AtomicUsize::new(0));
        let attempt = || {
            let (passwords, judged) = (Arc::clone(&passwords), Arc::clone(&judged));
            let count = move |_| {
                judged.fetch_add(1, Ordering::SeqCst);
            };
            Box::pin(async move { passwords.verify(share(), None, Password::new("x".into()), count).await })
        };
        let core = passwords.queue.core(share()).await.unwrap();
        let mut attempts: Vec<_> = (0..=PLACES_PER_SOURCE).map(|_| attempt()).collect();
        let mut refused = 0;
        for attempt in &mut attempts {
            let polled = std::future::poll_fn(|cx| Poll::Ready(attempt.as_mut().poll(cx))).await;
            refused += usize::from(polled == Poll::Ready(Err(Overloaded)));
        }
        assert_eq!(refused, 1, "all others wait");
        drop((attempts, core));

        let mut begun = attempt();
        let polled = std::future::poll_fn(|cx| Poll::Ready(begun.as_mut().poll(cx).is_pending())).await;
        assert!(polled);
        drop(begun);
        assert_eq!(attempt().await, Ok(false), "the core comes back");
        assert_eq!(judged.load(Ordering::SeqCst), 2, "the one that had begun, and the last one");
    }
}
