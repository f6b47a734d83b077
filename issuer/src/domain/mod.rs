//! The rules: who gets a token, who loses a session, and why.
//!
//! Nothing here reads a clock or draws randomness (both are handed in), and nothing here has heard of HTTP.

mod exchange;
mod guard;
mod issuer;
mod opening;
mod policy;
mod revocations;
mod sessions;
mod users;
mod words;

pub use exchange::{Decision, Exchange, Presented, StepUp, Today, decide, decide_step_up};
pub(crate) use guard::network as client_network;
pub use guard::{Bucket, LoginGuard, LoginLimits};
pub use issuer::{Issued, Issuer};
pub use opening::{BadExtraClaims, ExtraClaims, Login, LoginDraw, Trusted};
pub use policy::{Narrowing, Policy, Rules};
pub use revocations::{FeedTerms, Notice, SignedList};
pub use users::{BadGroups, BadId, Clients, NewUser, PasswordRequest, check_groups, check_id, new_client};
pub use users::{BadName, BadPassword, MAX_NAME_BYTES, NewUserDraw, new_user, normalise_name};
pub use users::{Overloaded, Passwords};
pub use words::moment::{Fraction, Moment};
pub use words::refusal::{Failure, Reason};
pub use words::secret::{Binder, ClientSecret, Password};

// What http has to know of the store, it knows by way of the domain.
pub use crate::store::{Cap, Client, Role, Session, StoreError, User, UserChange, WhenFull};
