//! The store: persists sessions and users, and knows neither the rules nor HTTP.
//!
//! Verbs ([`Store`]) on top, one committer thread that owns every write in the middle, a small key-value
//! [`Engine`] underneath.

mod api;
mod codec;
mod commit;
mod embedded;
mod engine;
mod folder;
mod records;
mod revoked;
mod whole;

pub use api::{Added, CheckReport, Created, Store, StoreError, Swap};
pub use api::{
    Cap, IsDead, Look, Opened, PasswordChange, Place, Standing, Terms, UserChange, Version, WhenFull,
};
pub use codec::MAX_RECORD_BYTES;
pub use commit::Bustle;
pub use embedded::EmbeddedStore;
pub use engine::{Batch, Engine, EngineError, EngineKind, Reopen, Row};
pub use engine::{JournaledEngine, MemoryEngine, RedbEngine, SledEngine};
pub use folder::{DataFolder, FolderError, OpenStore};
pub(crate) use folder::{create_private_folder, sync_folder_of, write_private_file};
pub use records::{Client, EndReason, Ended, Lockout, Role, Session, User};
pub use revoked::{RevocationLog, Revoked, RevokedSoFar, RevokedWhat};
pub use whole::{Counts, ExportError, Exported, ImportError};
