//! The rules: who gets a token, who loses a session, and why.
//!
//! Nothing here reads a clock or draws randomness (both are handed in), and nothing here has heard of HTTP.

mod exchange;
mod issuer;
mod login;
mod moment;
mod policy;
mod refusal;
mod secret;
mod sessions;
mod users;

pub use exchange::{Decision, Exchange, Presented, decide};
pub use issuer::{Issued, Issuer};
pub use login::{Login, LoginDraw};
pub use moment::{Fraction, Moment};
pub use policy::Policy;
pub use refusal::{Failure, Reason};
pub use secret::{Binder, Password};
pub use users::{BadName, BadPassword, MAX_NAME_BYTES, NewUserDraw, new_user, normalise_name};
pub use users::{Overloaded, Passwords};

// What http has to know of the store, it knows by way of the domain.
pub use crate::store::{Session, StoreError};
