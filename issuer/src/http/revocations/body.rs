//! A body that is written as things happen.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use std::sync::Arc;

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use tokio::sync::mpsc;

use super::places::Place;
use crate::domain::SignedList;

/// Pieces that wait for a slow reader, three for a list; one who is slower is cut off.
const WAITING: usize = 48;

/// A list as it was signed. It can be megabytes: however many are reading it, it is there once.
pub(super) fn text_of(list: &Arc<SignedList>) -> Bytes {
    struct Text(Arc<SignedList>);
    impl AsRef<[u8]> for Text {
        fn as_ref(&self) -> &[u8] {
            self.0.text.as_bytes()
        }
    }
    Bytes::from_owner(Text(Arc::clone(list)))
}

/// Ends when its sender is gone.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    /// The place is free again when the connection is, not before.
    _place: Place,
}

pub(super) fn channel(place: Place) -> (mpsc::Sender<Bytes>, Body) {
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
