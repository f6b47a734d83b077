//! Users: what a password may be, and how a new user is made.

mod admin;
mod change_password;
mod characters;
mod clients;
mod hash_queue;
mod names;
mod passwords;

pub use self::admin::{Known, NewUser, PutUser};
pub use self::change_password::PasswordRequest;
pub use self::clients::{Clients, new_client};
pub use self::hash_queue::Share;
pub use self::names::{
    BadGroups, BadId, BadName, MAX_NAME_BYTES, check_groups, check_id, check_new_groups, check_new_id,
    new_name, normalise_name,
};
pub use self::passwords::{Overloaded, Passwords};
use super::words::moment::Moment;
use super::words::secret::{self, Password};
use crate::store::User;

const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=1024;

/// The password is too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has 8 to 1024 bytes; this one has {0}")]
pub struct BadPassword(pub usize);

/// Refuses a password that is too short or too long for a new one.
pub(super) fn check_new_password(password: &Password) -> Result<(), BadPassword> {
    let length = password.as_bytes().len();
    if PASSWORD_BYTES.contains(&length) { Ok(()) } else { Err(BadPassword(length)) }
}

/// Random bytes for a new user.
#[derive(Clone)]
pub struct NewUserDraw {
    /// Becomes the `sub`.
    pub sub: [u8; 16],
    /// Salt of the password hash.
    pub salt: [u8; 16],
}

/// Makes a user. `name` must be normalised. Takes as long as hashing a password does.
///
/// # Errors
/// [`BadPassword`] when the password is too short or too long.
pub fn new_user(
    name: String,
    password: &Password,
    groups: Vec<String>,
    demo: bool,
    draw: &NewUserDraw,
    now: Moment,
) -> Result<User, BadPassword> {
    check_new_password(password)?;
    let hash = passwords::hash(password, &draw.salt).map_err(|_| BadPassword(password.as_bytes().len()))?;
    Ok(User {
        sub: secret::id(&draw.sub),
        name,
        password_hash: hash,
        groups,
        claims_version: 1,
        disabled: false,
        created_at: now.secs(),
        demo,
    })
}
