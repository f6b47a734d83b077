//! How often the disk is waited for. Counted by the system in a short run of its own, because being watched costs time.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::server::Server;
use super::{CONNECTIONS, Options, SESSIONS, load, sessions};

const DURATION: Duration = Duration::from_secs(1);

/// What was counted, or why it could not be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Counted(Vec<Flushes>),
    Missing(String),
}

#[derive(Debug, Serialize)]
pub(super) struct Flushes {
    connections: usize,
    exchanges: usize,
    flushes: usize,
}

pub(super) async fn count(options: &Options) -> Result<Outcome> {
    let strace = std::process::Command::new("strace").arg("--version").output();
    if !strace.is_ok_and(|output| output.status.success()) {
        return Ok(Outcome::Missing("strace is not installed".to_owned()));
    }
    let mut all = Vec::new();
    for connections in CONNECTIONS {
        eprintln!("bench: flushes with {connections} connections");
        all.push(counted(options, connections).await?);
    }
    Ok(Outcome::Counted(all))
}

/// strace stops the server at these calls only, and is a child of it (`-D`), so that the process we started is the server.
async fn counted(options: &Options, connections: usize) -> Result<Flushes> {
    let log = tempfile::NamedTempFile::new_in(&options.site.place)?;
    let path = log.path().to_string_lossy().into_owned();
    let tracer = [
        "strace",
        "-D",
        "-f",
        "--seccomp-bpf",
        "-e",
        "trace=fdatasync,fsync",
        "-e",
        "signal=none",
        "-o",
        &path,
    ];
    let server = Server::start(&options.site, Some(&tracer))?;
    let tokens = sessions::open(&server, SESSIONS).await?;
    let before = lines(&log)?;
    let (exchanges, _) = load::exchange_for(&server, tokens, connections, DURATION).await?;
    // strace writes after the call; what is on its way belongs to the last exchange.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let flushes = lines(&log)? - before;
    server.stop()?;
    Ok(Flushes { connections, exchanges, flushes })
}

/// A call that another thread interrupts is written in two lines; only its beginning counts.
fn lines(log: &tempfile::NamedTempFile) -> Result<usize> {
    let text = std::fs::read_to_string(log.path()).context("strace wrote nothing")?;
    Ok(text.lines().filter(|line| line.contains("sync(")).count())
}
