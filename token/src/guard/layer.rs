//! The same for whole routers: a tower layer.

use alloc::boxed::Box;
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum_core::response::{IntoResponse, Response};
use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::{Fresh, Guard};
use crate::Requirements;

/// Wraps services into [`Guarded`] ones; made by [`Guard::layer`].
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: Guard,
    needs: Requirements,
}

impl GuardLayer {
    pub(super) fn new(guard: Guard, needs: Requirements) -> GuardLayer {
        GuardLayer { guard, needs }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { layer: self.clone(), inner }
    }
}

/// A service that sees only requests with a fresh token, which is among their extensions as [`Fresh`].
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    layer: GuardLayer,
    inner: S,
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // Whatever came before: no request says of itself that it was judged.
        request.extensions_mut().remove::<Fresh>();
        match self.layer.guard.judge(request.headers(), &self.layer.needs) {
            Ok(judged) => {
                request.extensions_mut().insert(Fresh::from(judged) as Fresh);
                let answer = self.inner.call(request);
                Box::pin(async { answer.await.map(IntoResponse::into_response) })
            }
            Err(refused) => {
                let answer = refused.into_response();
                Box::pin(async { Ok(answer) })
            }
        }
    }
}
