//! The signals that end the server.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::CliError;
use crate::http::Draining;

/// SIGTERM and SIGINT of this process, from now on.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Signals, CliError> {
        let terminate = signal(SignalKind::terminate()).map_err(CliError::failed)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(CliError::failed)?;
        Ok(Signals { terminate, interrupt })
    }

    /// Completes when the server is to take no more connections: `drain` after the first SIGTERM, or at once at SIGINT and at
    /// a second SIGTERM. `draining` begins with the first of them.
    pub(super) async fn shutdown(mut self, drain: Duration, draining: Draining) {
        let drains = tokio::select! {
            _ = self.terminate.recv() => !drain.is_zero(),
            _ = self.interrupt.recv() => false,
        };
        draining.begin();
        if drains {
            let seconds = drain.as_secs_f64();
            tracing::info!(event = "draining", seconds, "`/readyz` answers 503, everything else is served");
            tokio::select! {
                () = tokio::time::sleep(drain) => {}
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        }
        tracing::info!(event = "shutdown", "finishing requests in progress");
    }
}
