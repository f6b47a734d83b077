//! What is in the store of a server that was killed.

use std::collections::HashMap;
use std::path::Path;

use shelflife_issuer::store::{DataFolder, Session, Store};

/// All sessions, by id.
pub(super) struct Records(HashMap<String, Session>);

impl Records {
    pub(super) fn read(data: &Path) -> Records {
        let folder = DataFolder::lock(data).expect("a folder that nobody uses");
        let store = folder.open_store("").expect("a store that opens");
        let sessions = store.sessions(None, usize::MAX).expect("a store that can be read");
        store.close();
        Records(sessions.into_iter().map(|session| (session.sid.clone(), session)).collect())
    }

    pub(super) fn of(&self, sid: &str) -> Option<&Session> {
        self.0.get(sid)
    }
}
