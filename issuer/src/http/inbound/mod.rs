//! What arrives, before a handler sees it: who it is from, whether it has the right shape, what came along.

pub(super) mod address;
pub(super) mod cookie;
pub(super) mod device;
pub(super) mod extract;
pub(super) mod guard;
