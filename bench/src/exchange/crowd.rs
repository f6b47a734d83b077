//! Many clients at once, for a while: nobody may be signed out and nothing may fail.
//!
//! Each has a session and a connection of its own and exchanges as fast as it is answered. Now and then one acts as if
//! the answer had been lost, exchanges the old token once more, and must get the very same successor.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::server::Server;
use super::{Site, runtime, sessions};
use crate::statistics::at;

/// One exchange of so many is made twice.
const LOST: usize = 16;
/// Failures that are shown in their own words.
const SHOWN: usize = 5;

/// Who comes, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Crowd {
    #[command(flatten)]
    site: Site,
    /// Clients at once
    #[arg(long)]
    clients: usize,
    /// How long they go on
    #[arg(long)]
    seconds: u64,
    /// The file to write
    #[arg(long)]
    pub(crate) out: PathBuf,
}

/// What became of them.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    clients: usize,
    seconds: f64,
    exchanges: usize,
    /// Exchanges that were made a second time.
    repeated: usize,
    /// Sessions that could not be exchanged once more at the end.
    signed_out: usize,
    /// Calls that were not answered as they should be, and the first of them in words.
    errors: usize,
    first_errors: Vec<String>,
    /// Milliseconds of one exchange.
    p50: f64,
    p99: f64,
    slowest: f64,
}

struct Client {
    connection: Connection,
    token: String,
    milliseconds: Vec<f64>,
    repeated: usize,
    errors: Vec<String>,
}

/// Lets them in.
pub(crate) fn gather(crowd: &Crowd) -> Result<Outcome> {
    std::fs::create_dir_all(&crowd.site.place)
        .with_context(|| format!("cannot make {}", crowd.site.place.display()))?;
    runtime()?.block_on(async {
        let server = Server::start(&crowd.site, None)?;
        let outcome = exchange(&server, crowd).await?;
        server.stop()?;
        Ok(outcome)
    })
}

async fn exchange(server: &Server, crowd: &Crowd) -> Result<Outcome> {
    let tokens = sessions::open(server, crowd.clients).await?;
    let mut clients = Vec::new();
    for token in tokens {
        let connection = Connection::open(server.address()).await?;
        clients.push(Client { connection, token, milliseconds: Vec::new(), repeated: 0, errors: Vec::new() });
    }
    eprintln!("bench: {} clients exchange for {} s", crowd.clients, crowd.seconds);
    let started = Instant::now();
    let end = started + Duration::from_secs(crowd.seconds);
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(client.go_on_until(end));
    }
    let mut clients = tasks.join_all().await;
    let seconds = started.elapsed().as_secs_f64();
    let mut signed_out = 0;
    for client in &mut clients {
        // On a new connection: the old one may be what failed.
        client.connection = Connection::open(server.address()).await?;
        if let Err(error) = client.connection.successor(&client.token).await {
            signed_out += 1;
            client.errors.push(format!("at the end: {error:#}"));
        }
    }
    let mut milliseconds: Vec<f64> = clients.iter().flat_map(|client| client.milliseconds.clone()).collect();
    milliseconds.sort_by(f64::total_cmp);
    let errors = clients.iter().flat_map(|client| &client.errors);
    Ok(Outcome {
        clients: clients.len(),
        seconds,
        exchanges: milliseconds.len(),
        repeated: clients.iter().map(|client| client.repeated).sum(),
        signed_out,
        errors: errors.clone().count(),
        first_errors: errors.take(SHOWN).cloned().collect(),
        p50: at(&milliseconds, 0.5),
        p99: at(&milliseconds, 0.99),
        slowest: milliseconds.last().copied().unwrap_or_default(),
    })
}

impl Client {
    async fn go_on_until(mut self, end: Instant) -> Client {
        while Instant::now() < end {
            if let Err(error) = self.exchange_once().await {
                self.errors.push(format!("{error:#}"));
                // Whoever is refused does not ask again at once.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        self
    }

    async fn exchange_once(&mut self) -> Result<()> {
        let started = Instant::now();
        let successor = self.connection.successor(&self.token).await?.to_owned();
        self.milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
        if self.milliseconds.len().is_multiple_of(LOST) {
            let again = self.connection.successor(&self.token).await.context("the second time")?;
            ensure!(again == successor, "a repeated exchange gave another successor");
            self.repeated += 1;
        }
        self.token = successor;
        Ok(())
    }
}
