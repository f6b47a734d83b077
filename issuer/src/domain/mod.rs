//! The rules: who gets a token, who loses a session, and why.
//!
//! Nothing here reads a clock or draws randomness (both are handed in), and nothing here has heard of HTTP.

mod backend_sessions;
mod clock_watch;
mod exchange;
mod guard;
mod housekeeping;
mod issuer;
mod opening;
mod policy;
mod recent;
mod revocations;
mod sessions;
mod users;
mod words;

pub use clock_watch::Leap;
pub use exchange::{
    Context, Credentials, Decision, Exchange, Recent, Rotation, StepUp, decide, decide_step_up,
};
pub use guard::{Bucket, DeviceEntry, DeviceKey, Devices, LoginGuard, LoginLimits};
pub use issuer::{Genuine, Issued, Issuer, Now};
pub use opening::{
    Authentication, BadAuthentication, BadExtraClaims, ExtraClaims, LoggedIn, Login, LoginDraw, Trusted,
};
pub use policy::{LateExchange, Narrowing, Policy, Rules};
pub use revocations::{FeedTerms, Notice, SignedList};
pub use sessions::{Listed, Page};
pub use users::{
    BadGroups, BadId, Clients, Known, NewUser, PasswordRequest, check_groups, check_id, new_client,
};
pub use users::{BadName, BadPassword, MAX_NAME_BYTES, NewUserDraw, new_user, normalise_name};
pub use users::{Overloaded, Passwords, Share};
pub use words::moment::{Fraction, Moment};
pub use words::refusal::{Failure, Reason};
pub use words::secret::{Binder, ClientSecret, Password};

// What http has to know of the store, it knows by way of the domain.
pub use crate::store::{Cap, Client, Role, Session, StoreError, User, UserChange, WhenFull};
