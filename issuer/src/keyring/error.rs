//! Why keys cannot be used.

use std::io;
use std::path::PathBuf;

use shelflife_token::SignError;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The file system refused.
    #[error("the signing keys in {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Others than the owner can read a key, or its group can change it. The number is the mode of the file.
    #[error(
        "the signing key {0} has mode {1:04o}: others can read or change it. Make it 0600 (0640 where a group \
         has to read it), and consider the key known to them"
    )]
    Exposed(PathBuf, u32),
    /// A key that its group may read lies in a folder that others can write to. The number is the mode of the folder.
    #[error(
        "the signing key {key} may be read by its group, which is accepted only in a folder that others cannot write \
         to, but {folder} has mode {mode:04o}: take the right to write from others, or make the key 0600"
    )]
    ExposedFolder {
        /// The key file.
        key: PathBuf,
        /// The folder of the keys.
        folder: PathBuf,
        /// Mode of the folder.
        mode: u32,
    },
    /// A file is not a key; the text says what is wrong with it and holds nothing of its content.
    #[error("{0} is not a signing key of this program: {1}. Move it out of the folder of the keys")]
    NotAKey(PathBuf, &'static str),
    /// Two files hold one key.
    #[error("the key {kid} is in two files, {first} and {second}: remove one of them")]
    Doubled {
        /// Name of the key.
        kid: String,
        /// One file.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
    /// A key both signs, or signed, and is announced.
    #[error(
        "the key {kid} is announced in {announced} and is a signing key already in {signing}: remove one of the two \
         files"
    )]
    AnnouncedAndSigning {
        /// Name of the key.
        kid: String,
        /// The file that announces it.
        announced: PathBuf,
        /// The file that makes it a signing key.
        signing: PathBuf,
    },
    /// Tokens were issued, and the keys that signed them are gone.
    #[error(
        "there is no signing key in {0} although the store beside it exists: every session would be lost. \
         Restore the folder from a backup"
    )]
    Missing(PathBuf),
    /// Every signing key was killed.
    #[error(
        "every signing key in {0} is killed: restore the folder from a backup of after the last `keys rotate`"
    )]
    AllKilled(PathBuf),
    /// It cannot be killed.
    #[error("the key {0} signs: rotate first, and kill it then")]
    Active(String),
    /// It was killed before.
    #[error("the key {0} is killed already")]
    AlreadyKilled(String),
    /// There is no such key.
    #[error("there is no key {0}; `shelflife keys list` shows them")]
    Unknown(String),
    /// The greatest number that orders keys is taken.
    #[error("no key can follow those in {0}: the greatest `order` is taken. Lower the `order` in its file")]
    NoOrderLeft(PathBuf),
    /// No randomness for a new key.
    #[error("the operating system has no randomness for a signing key: {0}")]
    NoRandomness(getrandom::Error),
}

/// Why a session token was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignFailure {
    /// The key is neither in the folder nor killed: its file is missing.
    #[error("a key file is missing from the folder of the keys")]
    UnknownKey,
    /// The claims break a rule that every verifier checks.
    #[error("{0}")]
    Claims(SignError),
}
