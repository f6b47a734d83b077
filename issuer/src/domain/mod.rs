//! The rules: who gets a token, who loses a session, and why.
//!
//! Nothing here reads a clock or draws randomness (both are handed in), and nothing here has heard of HTTP.

mod exchange;
mod guard;
mod issuer;
mod moment;
mod opening;
mod policy;
mod refusal;
mod secret;
mod sessions;
mod users;

pub use exchange::{Decision, Exchange, Presented, StepUp, Today, decide, decide_step_up};
pub use guard::{Bucket, LoginGuard, LoginLimits};
pub use issuer::{Issued, Issuer};
pub use moment::{Fraction, Moment};
pub use opening::{BadExtraClaims, ExtraClaims, Login, LoginDraw, Trusted};
pub use policy::{Narrowing, Policy, Rules};
pub use refusal::{Failure, Reason};
pub use secret::{Binder, ClientSecret, Password};
pub use users::{BadGroups, BadId, Clients, NewUser, PasswordRequest, check_groups, check_id, new_client};
pub use users::{BadName, BadPassword, MAX_NAME_BYTES, NewUserDraw, new_user, normalise_name};
pub use users::{Overloaded, Passwords};

// What http has to know of the store, it knows by way of the domain.
pub use crate::store::{Cap, Client, Role, Session, StoreError, User, UserChange, WhenFull};
