//! Clients: added and removed.

use crate::store::api::{Added, StoreError};
use crate::store::codec::{client_key, encode};
use crate::store::commit::Staging;
use crate::store::records::Client;

pub(super) fn add_client(staging: &mut Staging<'_>, client: &Client) -> Result<Added, StoreError> {
    let key = client_key(&client.id);
    if staging.get(&key)?.is_some() {
        return Ok(Added::NameTaken);
    }
    staging.put(key, encode(client)?);
    Ok(Added::Done)
}

pub(super) fn remove_client(staging: &mut Staging<'_>, id: &str) -> Result<bool, StoreError> {
    let key = client_key(id);
    if staging.get(&key)?.is_none() {
        return Ok(false);
    }
    staging.make_version();
    staging.remove(key);
    Ok(true)
}
