//! The rules once more, in the plainest words and with other people's libraries.

pub(crate) mod json;
pub(crate) mod lists;
pub(crate) mod token;
