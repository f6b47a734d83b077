//! What the vectors are written with.

pub(super) mod book;
pub(super) mod pen;
pub(super) mod shapes;
