//! Backends that may call: made by the operator, known by id and secret.

use super::{BadId, check_id};
use crate::domain::{ClientSecret, Failure, Issuer, Moment};
use crate::events;
use crate::store::{Client, Role};

/// Compared with when there is no such client, so that the work is the same; the hash of nothing.
const NOBODY: &str = "-------------------------------------------";

/// What is done on behalf of clients.
pub struct Clients<'a>(&'a Issuer);

impl Issuer {
    /// The clients.
    pub fn clients(&self) -> Clients<'_> {
        Clients(self)
    }
}

impl Clients<'_> {
    /// The client with this id and secret, if it has one of these roles.
    ///
    /// # Errors
    /// [`Failure::BadClient`] for an unknown id and a wrong secret alike; [`Failure::RoleMissing`];
    /// [`Failure::Store`].
    pub async fn authenticate(
        &self,
        id: &str,
        secret: &ClientSecret,
        roles: &[Role],
    ) -> Result<Client, Failure> {
        let client = if check_id(id).is_ok() { self.0.read(|store| store.client(id)).await? } else { None };
        let right = secret.matches(client.as_ref().map_or(NOBODY, |client| &client.secret_hash));
        let Some(client) = client.filter(|_| right) else {
            events::client_refused("unknown", "bad_client");
            return Err(Failure::BadClient);
        };
        if roles.iter().any(|role| client.roles.contains(role)) {
            return Ok(client);
        }
        events::client_refused(&client.id, "role_missing");
        Err(Failure::RoleMissing)
    }
}

/// Makes a client and its secret, from 32 random bytes.
///
/// # Errors
/// [`BadId`].
pub fn new_client(
    id: String,
    roles: Vec<Role>,
    secret: &[u8; 32],
    now: Moment,
) -> Result<(Client, ClientSecret), BadId> {
    check_id(&id)?;
    let secret = ClientSecret::from_bytes(secret);
    Ok((Client { id, secret_hash: secret.hash(), roles, created_at: now.secs() }, secret))
}
