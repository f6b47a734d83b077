//! What trusted backends may call, known by client id and secret.

mod credentials;
mod sessions;
mod users;

pub(super) use sessions::{end_session, open, proved, show_session};
pub(super) use users::{add, change, demand_reauth, end_sessions, list_sessions, show};
