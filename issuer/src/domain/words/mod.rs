//! The words that all rules speak: moments, secrets, and reasons to say no.

pub(super) mod moment;
pub(super) mod refusal;
pub(super) mod secret;
