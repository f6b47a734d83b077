//! Users: what a name and a password may be, and how a new user is made.

mod passwords;

use unicode_normalization::UnicodeNormalization;

pub use self::passwords::{Overloaded, Passwords};
use super::moment::Moment;
use super::secret::{self, Password};
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
    let length = password.as_bytes().len();
    if !PASSWORD_BYTES.contains(&length) {
        return Err(BadPassword(length));
    }
    Ok(User {
        sub: secret::id(&draw.sub),
        name,
        password_hash: passwords::hash(password, &draw.salt).map_err(|_| BadPassword(length))?,
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
