//! The store: persists sessions and users, and knows neither the rules nor HTTP.
//!
//! Verbs ([`Store`]) on top, one committer thread that owns every write in the middle, a small key-value
//! [`Engine`] underneath.

mod api;
mod check;
mod codec;
mod commit;
mod embedded;
mod engine;
mod folder;
mod records;

pub use api::{Added, CheckReport, Created, Store, StoreError, Swap};
pub use codec::MAX_RECORD_BYTES;
pub use embedded::EmbeddedStore;
pub use engine::{Batch, Engine, EngineError, MemoryEngine, Row, SledEngine};
pub use folder::{DataFolder, FolderError};
pub(crate) use folder::{create_private_folder, write_private_file};
pub use records::{EndReason, Ended, Session, User};
