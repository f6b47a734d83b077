//! The claims of a fresh token as an argument of a handler.

use alloc::{boxed::Box, string::String};
use core::marker::PhantomData;

use axum_core::extract::{FromRef, FromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use super::{Guard, Refused};
use crate::{Claims, Judged, Requirements};

/// What a handler asks of a token besides being fresh, as a type: `Fresh<MyDemand>`.
pub trait Demand {
    /// The same at every call.
    fn requirements() -> Requirements;
}

/// Asks nothing but that the token is fresh.
#[derive(Clone, Copy, Debug)]
pub struct Anything;

impl Demand for Anything {
    fn requirements() -> Requirements {
        Requirements::default()
    }
}

/// A token that was fresh when the request was judged, and met `D`. An argument of axum handlers, where a [`Guard`] is
/// the state or a part of it ([`FromRef`]); without a token the client is answered and the handler never runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Fresh<D = Anything> {
    /// What the issuer signed.
    pub claims: Claims,
    /// The same as JSON text, with claims that [`Claims`] does not know.
    pub payload: String,
    /// Seconds until the token goes stale.
    pub fresh_for: u64,
    demand: PhantomData<fn() -> D>,
}

impl<D> From<Judged> for Fresh<D> {
    /// For those who have judged it themselves, with [`Guard::judge`].
    fn from(judged: Judged) -> Fresh<D> {
        let Judged { claims, payload, fresh_for, exchangeable_for: _ } = judged;
        Fresh { claims, payload, fresh_for, demand: PhantomData }
    }
}

impl<S, D> FromRequestParts<S> for Fresh<D>
where
    Guard: FromRef<S>,
    S: Sync,
    D: Demand,
{
    type Rejection = Box<Refused>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Fresh<D>, Box<Refused>> {
        Guard::from_ref(state).judge(&parts.headers, &D::requirements()).map(Fresh::from)
    }
}

impl IntoResponse for Box<Refused> {
    fn into_response(self) -> Response {
        (*self).into_response()
    }
}
