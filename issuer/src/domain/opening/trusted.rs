//! Opening a session for a user whom a trusted backend has authenticated itself.

use super::{ExtraClaims, Opening};
use crate::domain::issuer::{Issued, Issuer};
use crate::domain::words::moment::Moment;
use crate::domain::words::refusal::{Failure, Reason};
use crate::domain::words::secret;
use crate::events;
use crate::store::Client;

/// What the backend says about the session.
#[derive(Debug)]
pub struct Trusted {
    /// The user.
    pub sub: String,
    /// What the user calls the device.
    pub device: Option<String>,
    /// Groups of a user who is not kept here.
    pub groups: Option<Vec<String>>,
    /// Granted scope.
    pub scope: Option<String>,
    /// Whether there is a refresh window.
    pub remember_me: bool,
    /// Further claims for every token of the session.
    pub extra: Option<ExtraClaims>,
}

impl Issuer {
    /// Opens a session; durable when this returns. `sid` are random bytes.
    ///
    /// A user who is kept here has the groups that are kept here; the groups of every other user are those the
    /// backend names, for as long as the session lives.
    ///
    /// # Errors
    /// [`Failure::GroupsKeptHere`]; [`Failure::SessionLimit`]; [`Failure::Refused`] when the user is disabled;
    /// [`Failure::Store`].
    pub async fn open_for(
        &self,
        client: &Client,
        wanted: Trusted,
        sid: [u8; 16],
        now: Moment,
    ) -> Result<Issued, Failure> {
        let sub = wanted.sub.clone();
        let outcome = match self.trusted_opening(client, wanted, sid) {
            Ok(opening) => self.open(opening, now).await,
            Err(failure) => Err(failure),
        };
        match &outcome {
            Ok(issued) => events::opened_by_client(&issued.session_id, &sub, &client.id),
            Err(failure) => events::opening_refused(&sub, &client.id, failure.word()),
        }
        outcome
    }

    fn trusted_opening(&self, client: &Client, wanted: Trusted, sid: [u8; 16]) -> Result<Opening, Failure> {
        let user = self.store().user(&wanted.sub)?;
        let groups = match &user {
            Some(user) if user.disabled => return Err(Failure::Refused(Reason::UserDisabled)),
            Some(_) if wanted.groups.is_some() => return Err(Failure::GroupsKeptHere),
            Some(user) => user.groups.clone(),
            None => wanted.groups.unwrap_or_default(),
        };
        Ok(Opening {
            sid: secret::id(&sid),
            sub: wanted.sub,
            user,
            groups,
            client_id: Some(client.id.clone()),
            device: wanted.device,
            scope: wanted.scope,
            remember_me: wanted.remember_me,
            // How the backend knows is its own affair.
            amr: Vec::new(),
            extra: wanted.extra.map(ExtraClaims::into_text),
            binder: None,
            proved: None,
        })
    }
}
