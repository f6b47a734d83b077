//! What is done with a store as a whole: examine it, carry it away, fill it.

mod check;
mod export;
mod import;
mod lines;
mod rows;
mod verify;

pub(super) use check::check;
pub use export::{ExportError, Exported};
pub use import::ImportError;
pub use lines::Counts;
pub(super) use verify::verify;
