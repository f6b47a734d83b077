//! A body that is written as things happen.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// Pieces that wait for a slow reader; one who is slower is cut off.
const WAITING: usize = 16;

/// Ends when its sender is gone.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    /// The place is free again when the connection is, not before.
    _place: OwnedSemaphorePermit,
}

pub(super) fn channel(place: OwnedSemaphorePermit) -> (mpsc::Sender<Bytes>, Body) {
    let (sender, pieces) = mpsc::channel(WAITING);
    (sender, Body::new(Pieces { pieces, _place: place }))
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(ready!(self.pieces.poll_recv(context)).map(|piece| Ok(Frame::data(piece))))
    }
}
