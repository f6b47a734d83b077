//! Writes that touch more than one record, each of them whole or not at all.

mod clients;
mod opening;
mod people;

pub(super) use clients::{add_client, remove_client};
pub(super) use opening::open;
pub(super) use people::{change_password, change_user, demand_reauth};
