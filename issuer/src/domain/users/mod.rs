//! Users: what a name and a password may be, and how a new user is made.

mod admin;
mod change_password;
mod clients;
mod hash_queue;
mod passwords;

use unicode_normalization::UnicodeNormalization;

pub use self::admin::{Known, NewUser};
pub use self::change_password::PasswordRequest;
pub use self::clients::{Clients, new_client};
pub use self::hash_queue::Share;
pub use self::passwords::{Overloaded, Passwords};
use super::words::moment::Moment;
use super::words::secret::{self, Password};
use crate::store::User;

/// The longest user name, in bytes after normalisation.
pub const MAX_NAME_BYTES: usize = 128;
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=1024;

/// The name is not one a user can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user name has 1 to 128 bytes, no control characters, and no white space at its beginning or end")]
pub struct BadName;

/// The password is too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has 8 to 1024 bytes; this one has {0}")]
pub struct BadPassword(pub usize);

/// The groups are not ones a user can be in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a user is in {MAX_GROUPS} groups at most, each with a name of 1 to 64 bytes without white space, quotation marks, \
     backslashes and control characters"
)]
pub struct BadGroups;

/// The id is not one that a user or a client can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 128 bytes and no control characters, quotation marks and backslashes")]
pub struct BadId;

const MAX_GROUPS: usize = 32;

/// Groups travel in every token.
///
/// # Errors
/// [`BadGroups`].
pub fn check_groups(groups: &[String]) -> Result<(), BadGroups> {
    let acceptable = |group: &String| {
        let bad = |c: char| c.is_control() || c.is_whitespace() || c == '"' || c == '\\';
        (1..=64).contains(&group.len()) && !group.contains(bad)
    };
    if groups.len() <= MAX_GROUPS && groups.iter().all(acceptable) { Ok(()) } else { Err(BadGroups) }
}

/// Ids travel in every token and stand in addresses.
///
/// # Errors
/// [`BadId`].
pub fn check_id(id: &str) -> Result<(), BadId> {
    let bad = |c: char| c.is_control() || c == '"' || c == '\\';
    if (1..=128).contains(&id.len()) && !id.contains(bad) { Ok(()) } else { Err(BadId) }
}

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

/// One spelling for each name: NFKC, lower case. Both when a user is added and when one signs in.
///
/// # Errors
/// [`BadName`].
pub fn normalise_name(name: &str) -> Result<String, BadName> {
    // Bounded before it is touched; normalisation can make a text many times longer.
    if name.len() > MAX_NAME_BYTES || name.trim() != name {
        return Err(BadName);
    }
    let name: String = name.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let acceptable = (1..=MAX_NAME_BYTES).contains(&name.len())
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if acceptable { Ok(name) } else { Err(BadName) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        assert_eq!(normalise_name("Ada").unwrap(), "ada");
        assert_eq!(normalise_name("Ａｄａ").unwrap(), "ada");
        assert_eq!(
            normalise_name("e\u{301}va").unwrap(),
            normalise_name("É\u{0}va".replace('\0', "").as_str()).unwrap()
        );
    }

    #[test]
    fn a_normalised_name_stays_as_it_is() {
        for name in ["ada", "ß", "ﬁ", "İstanbul", "ǅ"] {
            let once = normalise_name(name).unwrap();
            assert_eq!(normalise_name(&once).unwrap(), once);
        }
    }

    #[test]
    fn names_that_could_be_mistaken_for_others_are_refused() {
        for name in ["", " ada", "ada ", "a\u{0}b", "a\nb", "\u{a0}ada", &"x".repeat(129)] {
            assert_eq!(normalise_name(name), Err(BadName), "{name:?}");
        }
    }
}
