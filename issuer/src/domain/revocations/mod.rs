//! What was ended while its tokens were still fresh, told to everybody who judges tokens offline.

mod feed;
mod list;

use std::sync::Arc;

use tokio::sync::broadcast;

pub(super) use self::feed::Feed;
pub use self::feed::{FeedTerms, Notice};
pub use self::list::SignedList;
use super::issuer::Issuer;
use super::words::moment::Moment;
use super::words::refusal::Failure;
use crate::store::StoreError;

impl Issuer {
    /// Begins to tell about revocations, with those that are still dangerous. Before this there are no lists.
    ///
    /// # Errors
    /// [`Failure::Store`] when the store cannot be read.
    pub async fn start_feed(&self, terms: FeedTerms, now: Moment) -> Result<(), Failure> {
        self.watch_clock(now);
        let so_far = match self.store().begin_revocations(now.secs(), self.rules().policy.access_ttl).await {
            Ok(so_far) => so_far,
            Err(StoreError::Damaged(why)) => return Err(StoreError::Damaged(why).into()),
            // A disk that is full at the start is no reason to say nothing.
            Err(error) => {
                tracing::warn!(event = "revocations_not_begun", %error, "going on with the count there is");
                self.store().revoked_so_far()?
            }
        };
        self.feed().start(terms, so_far);
        Ok(())
    }

    /// The signed list of everything that is revoked and still dangerous. `since`: only what came after that `seq`, where
    /// that is known.
    ///
    /// # Errors
    /// [`Failure::Store`] before [`Issuer::start_feed`].
    pub fn revocations(&self, since: Option<u64>, now: Moment) -> Result<Arc<SignedList>, Failure> {
        self.feed().list(since, self, now).ok_or(Failure::Store(StoreError::Closed))
    }

    /// Everything that is published from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.feed().subscribe()
    }

    /// Completes when there may be something to publish.
    pub async fn revocations_wait(&self) {
        self.feed().log().rings().await;
    }

    /// Tells subscribers what was revoked since the last time, and that nothing was when they have not heard for long.
    pub fn publish_revocations(&self, now: Moment) {
        self.feed().publish(self, now);
    }

    /// Sends subscribers away: the server stops.
    pub fn close_feed(&self) {
        self.feed().tell(Notice::Closing);
    }

    /// How long a list may lie before it is signed anew, and how long its readers should wait before they ask again: both
    /// in seconds.
    pub fn feed_pace(&self) -> (u64, u64) {
        self.feed().pace()
    }
}
