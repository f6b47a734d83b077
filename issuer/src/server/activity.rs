//! What a connection is doing, and what it is told to do.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::Notify;

/// A request is being answered, its body has arrived.
const ANSWERING: u64 = 0;
/// The body of a request is arriving.
const ARRIVING: u64 = 1;
/// From here on: there is no request since so many nanoseconds, counted from [`ORIGIN`].
const SILENT: u64 = 2;

static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What a connection is told; a greater one overrides a lesser one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    GoOn,
    /// Its place is needed: end it unless a request has begun meanwhile.
    MakeRoom,
    /// Finish the request there is, and take no other.
    Finish,
    /// End unless a request that has arrived completely is being answered.
    EndUnlessAnswering,
    /// End at once.
    End,
}

const ORDERS: [Order; 5] =
    [Order::GoOn, Order::MakeRoom, Order::Finish, Order::EndUnlessAnswering, Order::End];

/// Shared by a connection's task, the bodies that pass through it, and the list of connections.
pub(super) struct Activity {
    phase: AtomicU64,
    has_answered: AtomicBool,
    order: AtomicU8,
    told: Notify,
}

impl Activity {
    /// Of a connection that has just come.
    pub(super) fn new() -> Arc<Activity> {
        Arc::new(Activity {
            phase: AtomicU64::new(silent_now()),
            has_answered: AtomicBool::new(false),
            order: AtomicU8::new(0),
            told: Notify::new(),
        })
    }

    /// Since when there has been no request; `None`: there is one. Only to be compared with those of other connections.
    pub(super) fn silent_since(&self) -> Option<u64> {
        Some(self.phase.load(Ordering::SeqCst)).filter(|phase| *phase >= SILENT)
    }

    pub(super) fn is_answering(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == ANSWERING
    }

    /// Whether the end of an answer may still be on its way to the client.
    pub(super) fn has_just_answered(&self, within: Duration) -> bool {
        let within = u64::try_from(within.as_nanos()).unwrap_or(u64::MAX);
        let since = self.silent_since().map(|since| silent_now().saturating_sub(since));
        self.has_answered.load(Ordering::SeqCst) && since.is_some_and(|since| since <= within)
    }

    pub(super) fn tell(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::SeqCst);
        self.told.notify_one();
    }

    /// Completes each time something is told.
    pub(super) async fn told(&self) -> Order {
        self.told.notified().await;
        let number = usize::from(self.order.load(Ordering::SeqCst));
        ORDERS.get(number).copied().unwrap_or(Order::End)
    }

    /// A request has come, with a body that is still to arrive or without one.
    pub(super) fn begin(&self, has_body: bool) {
        self.phase.store(if has_body { ARRIVING } else { ANSWERING }, Ordering::SeqCst);
    }

    pub(super) fn answering(&self) {
        self.phase.store(ANSWERING, Ordering::SeqCst);
    }

    fn answered(&self) {
        self.has_answered.store(true, Ordering::SeqCst);
        self.phase.store(silent_now(), Ordering::SeqCst);
    }
}

fn silent_now() -> u64 {
    let nanos = Instant::now().saturating_duration_since(*ORIGIN).as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX).saturating_add(SILENT)
}

/// The body of a request: says when it has arrived.
pub(super) struct RequestBody<B> {
    pub(super) body: B,
    pub(super) activity: Arc<Activity>,
}

impl<B: Body + Unpin> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.activity.answering();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response: the request is over when it is dropped.
pub(super) struct ResponseBody<B> {
    pub(super) body: B,
    pub(super) activity: Arc<Activity>,
}

impl<B: Body + Unpin> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for ResponseBody<B> {
    fn drop(&mut self) {
        self.activity.answered();
    }
}
