//! The accept loop: bounded connections, timers on headers, an orderly end.

mod patient;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use self::patient::Patient;
use crate::events;
use crate::http::Peer;

/// Pause after the system could not accept, for lack of descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Request line and headers together, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// How often a timer is due at least; shorter than any that a request brings.
const PULSE: Duration = Duration::from_secs(1);

/// How patient the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// Connections at once; more wait in the system's queue.
    pub max_connections: usize,
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
            header_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

impl Server {
    /// Serves `app` until `shutdown` completes, then lets requests in progress finish.
    pub async fn run(&self, listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(self.max_connections));
        let mut shutdown = std::pin::pin!(shutdown);
        let pulse = tokio::spawn(pulse());
        loop {
            let place = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Ok(place) = Arc::clone(&places).acquire_owned() => place,
            };
            let (stream, peer) = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = accept(&listener) => accepted,
            };
            let connection = connections.watch(self.connection(stream, peer, app.clone()));
            tokio::spawn(async move {
                // An error here is a client that went away or did not speak HTTP.
                let _ = connection.await;
                drop(place);
            });
        }
        drop(listener);
        pulse.abort();
        if timeout(self.shutdown_timeout, connections.shutdown()).await.is_err() {
            tracing::warn!(event = "shutdown_cut", "requests in progress were cut off");
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: Peer,
        app: Router,
    ) -> impl GracefulConnection<Error = hyper::Error> + use<> {
        let app = TowerToHyperService::new(app);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            app.call(request)
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(Patient::new(stream, self.write_timeout)), service)
    }
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
