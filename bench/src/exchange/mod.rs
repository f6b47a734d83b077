//! The issuer under load: how much of its own speed of answering it keeps when every answer must be durable first.

mod connection;
mod crowd;
mod flushes;
mod load;
mod machine;
mod server;
mod sessions;
mod usage;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

pub(crate) use self::crowd::{Crowd, gather};
use self::load::Level;
use self::server::Server;

/// What is measured, and where its data lies.
#[derive(Debug, clap::Args)]
struct Site {
    /// The binary of the issuer
    #[arg(long)]
    server: PathBuf,
    /// Folder for the data of the servers; it should be on a real disk
    #[arg(long)]
    place: PathBuf,
    /// Engine of the issuer's store
    #[arg(long, default_value = "sled")]
    store: String,
}

/// How to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    site: Site,
    /// Rounds at each number of connections
    #[arg(long)]
    rounds: usize,
    /// Milliseconds of one round
    #[arg(long)]
    round_ms: u64,
    /// Live sessions whose memory is measured
    #[arg(long)]
    live: usize,
    /// Sessions whose bytes on disk are measured
    #[arg(long)]
    on_disk: usize,
    /// The file to write
    #[arg(long)]
    pub(crate) out: PathBuf,
}

/// Connections at once, one level after the other.
const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
/// Sessions that the connections share.
const SESSIONS: usize = 256;
/// Exchanges of each session before its bytes are counted.
const EXCHANGES_EACH: usize = 50;

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    machine: machine::Machine,
    levels: Vec<Level>,
    flushes: flushes::Outcome,
    memory: Memory,
    disk: Disk,
}

#[derive(Debug, Serialize)]
struct Memory {
    sessions: usize,
    /// Bytes resident before there was a session.
    fresh: u64,
    /// With the sessions opened.
    opened: u64,
    /// With each exchanged once more.
    exchanged: u64,
}

#[derive(Debug, Serialize)]
struct Disk {
    sessions: usize,
    exchanges_each: usize,
    /// Bytes taken from the file system, the store's fixed part included.
    bytes: u64,
    /// The same before there was a session.
    empty: u64,
    exchanges_per_second: f64,
}

/// Each part has a server of its own, on new data.
pub(crate) fn measure(options: &Options) -> Result<Measured> {
    std::fs::create_dir_all(&options.site.place)
        .with_context(|| format!("cannot make {}", options.site.place.display()))?;
    let threads = client_threads();
    runtime()?.block_on(async {
        let machine = machine::Machine::look(&options.site.place, threads)?;
        Ok(Measured {
            machine,
            levels: levels(options).await?,
            flushes: flushes::count(options).await?,
            memory: memory(options).await?,
            disk: disk(options).await?,
        })
    })
}

/// Half of the cores: the other half is the server's.
fn client_threads() -> usize {
    (machine::cores() / 2).max(1)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(client_threads()).enable_all().build()?)
}

async fn levels(options: &Options) -> Result<Vec<Level>> {
    let server = Server::start(&options.site, None)?;
    let mut tokens = sessions::open(&server, SESSIONS).await?;
    let mut levels = Vec::new();
    for connections in CONNECTIONS {
        eprintln!("bench: {connections} connections");
        let (level, newest) = load::level(
            &server,
            tokens,
            connections,
            options.rounds,
            Duration::from_millis(options.round_ms),
        )
        .await?;
        tokens = newest;
        levels.push(level);
    }
    server.stop()?;
    Ok(levels)
}

async fn memory(options: &Options) -> Result<Memory> {
    eprintln!("bench: memory with {} live sessions", options.live);
    let server = Server::start(&options.site, None)?;
    let fresh = usage::resident(server.pid())?;
    let tokens = sessions::open(&server, options.live).await?;
    let opened = usage::resident(server.pid())?;
    load::exchange_all(&server, tokens, 1).await?;
    let exchanged = usage::resident(server.pid())?;
    server.stop()?;
    Ok(Memory { sessions: options.live, fresh, opened, exchanged })
}

async fn disk(options: &Options) -> Result<Disk> {
    eprintln!("bench: bytes on disk of {} sessions", options.on_disk);
    let server = Server::start(&options.site, None)?;
    let empty = usage::on_disk(&server.data())?;
    let tokens = sessions::open(&server, options.on_disk).await?;
    let took = load::exchange_all(&server, tokens, EXCHANGES_EACH).await?;
    let bytes = usage::on_disk(&server.data())?;
    server.stop()?;
    let exchanges = (options.on_disk * EXCHANGES_EACH) as f64;
    let exchanges_per_second = exchanges / took.as_secs_f64();
    Ok(Disk { sessions: options.on_disk, exchanges_each: EXCHANGES_EACH, bytes, empty, exchanges_per_second })
}
