//! The extractor and the layer in a real axum server, spoken to over TCP, with a clock that stands where it is put.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod changes;
mod server;
