//! Changing one's own password: everybody else who is signed in with it is out.

use std::net::IpAddr;

use super::{Share, check_new_password};
use crate::domain::guard::{Attempt, KnownBy};
use crate::domain::{Failure, Issuer, Now, Password};
use crate::events;
use crate::store::{EndReason, Ended, PasswordChange, Session};

/// A request to change the password.
#[derive(Debug)]
pub struct PasswordRequest {
    /// The present one, as it was typed.
    pub current: Password,
    /// The one from now on.
    pub new: Password,
    /// Salt of its hash: random bytes.
    pub salt: [u8; 16],
    /// Where the request came from.
    pub address: IpAddr,
}

impl Issuer {
    /// Changes the caller's password and ends all sessions but this one; answers how many. Durable when this
    /// returns.
    ///
    /// A login with the old password that is still on its way comes too late; one with the new password is not
    /// touched.
    ///
    /// # Errors
    /// [`Failure::BadPassword`] for the new one; [`Failure::BadCredentials`] for the present one;
    /// [`Failure::TooManyAttempts`]; [`Failure::Refused`] when the session was ended meanwhile;
    /// [`Failure::Overloaded`]; [`Failure::Store`].
    pub async fn change_password(
        &self,
        caller: &Session,
        request: PasswordRequest,
        now: Now<'_>,
    ) -> Result<usize, Failure> {
        check_new_password(&request.new)?;
        let user = self.read(|store| store.user(&caller.sub)).await?;
        if user.is_none() && caller.user_elsewhere {
            return Err(Failure::UserElsewhere);
        }
        let account = user.as_ref().map_or(caller.sub.as_str(), |user| user.name.as_str());
        let known_by = Some(KnownBy::Session(&caller.sid));
        let attempt = Attempt { account, address: request.address, known_by };
        let user = self.prove(user.as_ref(), request.current, attempt, now()).await?;
        let share = Share::of(request.address, true);
        let hash = self.passwords().hash(share, request.new, request.salt).await;
        let change = PasswordChange {
            sub: user.sub,
            keep: caller.sid.clone(),
            from: user.password_hash,
            to: hash
                .map_err(|_| Failure::Overloaded)?
                .ok_or(Failure::Internal("a password could not be hashed"))?,
            ended: Ended { at: now().secs(), reason: EndReason::PasswordChanged },
        };
        let Some(count) = self.store().change_password(change).await? else {
            // Another device was first: with a change of its own, or by ending this session.
            let ended = self.read(|store| store.find(&caller.sid)).await?.and_then(|session| session.ended);
            return Err(ended.map_or(Failure::BadCredentials, |ended| Failure::Refused(ended.reason.into())));
        };
        events::password_changed(&caller.sub, &caller.sid, request.address, count);
        Ok(count)
    }
}
