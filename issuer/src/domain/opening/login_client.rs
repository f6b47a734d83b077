//! Which clients may be named at a sign-in with name and password.

use crate::domain::users::check_id;
use crate::domain::{Failure, Issuer};

impl Issuer {
    /// Whether a user may be signed in by a client of this name. Anyone can write a name here, so it binds only clients
    /// that have nothing to prove.
    ///
    /// # Errors
    /// [`Failure::ConfidentialClient`] for the name of a registered client: it has a secret to identify itself with (RFC
    /// 6749, 2.1). Where the rules require a client, [`Failure::ClientMissing`] without a name, and
    /// [`Failure::ClientUnknown`] for one that has no table. [`Failure::Store`].
    pub(super) async fn check_login_client(&self, client_id: Option<&str>) -> Result<(), Failure> {
        if let Some(id) = client_id.filter(|id| check_id(id).is_ok())
            && self.read(|store| store.client(id)).await?.is_some()
        {
            return Err(Failure::ConfidentialClient);
        }
        match client_id {
            _ if !self.rules().require_client => Ok(()),
            None => Err(Failure::ClientMissing),
            Some(id) if self.rules().clients.contains_key(id) => Ok(()),
            Some(_) => Err(Failure::ClientUnknown),
        }
    }
}
