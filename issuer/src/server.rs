//! The accept loop: bounded connections, timers on headers, an orderly end.

mod activity;
mod connection;
mod patient;
mod places;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use self::activity::Order;
use self::places::Places;
use crate::events;
use crate::http::{Network, Peer};

/// Pause after the system could not accept, for lack of descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often a timer is due at least; shorter than any that a request brings.
const PULSE: Duration = Duration::from_secs(1);
/// How long the rest of a request that has begun to arrive is waited for after the shutdown began.
const REST_OF_REQUEST: Duration = Duration::from_secs(2);

/// How patient the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Connections at once; more wait in the system's queue.
    pub max_connections: usize,
    /// Connections of one address at once (in IPv6 of one network of 64 bits).
    pub max_connections_per_address: usize,
    /// Addresses without a bound of their own: proxies, whose connections are those of many clients.
    pub exempt: Vec<Network>,
    /// How long the head of a request may take to arrive, and how long a connection may lie idle.
    pub header_timeout: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub write_timeout: Duration,
    /// How long requests in progress have after the shutdown began.
    pub shutdown_timeout: Duration,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            max_connections: 1024,
            max_connections_per_address: 512,
            exempt: Vec::new(),
            header_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

impl Server {
    /// Serves `app` until `shutdown` completes, then lets requests in progress finish.
    ///
    /// Where an address has as many connections as it may have, or all places are taken, the connection that has been
    /// without a request for longest is closed for a new one.
    pub async fn run(self, listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) {
        let server = Arc::new(self);
        let places = Places::new(server.max_connections, server.max_connections_per_address, &server.exempt);
        let (running, ended) = mpsc::channel::<()>(1);
        let mut shutdown = std::pin::pin!(shutdown);
        let pulse = tokio::spawn(pulse());
        loop {
            let (stream, peer) = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = accept(&listener) => accepted,
            };
            let place = tokio::select! {
                biased;
                () = &mut shutdown => break,
                place = places.wait(peer.0) => place,
            };
            let Some(place) = place else {
                events::connection_refused(peer.0);
                continue;
            };
            let (server, app, running) = (Arc::clone(&server), app.clone(), running.clone());
            tokio::spawn(async move {
                connection::serve(&server, stream, peer, app, place).await;
                drop(running);
            });
        }
        drop((listener, running));
        pulse.abort();
        end(&places, ended, server.shutdown_timeout).await;
    }
}

/// Ends the connections: silent ones at once, those whose request is still arriving soon, and those that are being answered
/// after `patience`.
async fn end(places: &Places, mut ended: mpsc::Receiver<()>, patience: Duration) {
    places.tell_all(Order::Finish);
    let soon = REST_OF_REQUEST.min(patience);
    if timeout(soon, ended.recv()).await.is_ok() {
        return;
    }
    places.tell_all(Order::EndUnlessAnswering);
    if timeout(patience.saturating_sub(soon), ended.recv()).await.is_ok() {
        return;
    }
    tracing::warn!(event = "shutdown_cut", "requests in progress were cut off");
    places.tell_all(Order::End);
}

/// Whoever sets a timer that is due before all others wakes the thread that sleeps until the first of them. Each request
/// brings a timer for its head, and where all connections wait for a commit there is no other; so one is always due sooner.
async fn pulse() {
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and complete; waiting for more to send only costs time.
                let _ = stream.set_nodelay(true);
                return (stream, Peer(peer.ip()));
            }
            Err(error) => {
                events::accept_failed(&error);
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
