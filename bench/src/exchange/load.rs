//! Rounds of calls on many connections.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::server::Server;
use super::usage::Cpu;
use crate::statistics::{Spread, at};

/// Connections that carry bulk work.
const BULK: usize = 64;
const WARM_UP: Duration = Duration::from_millis(300);

/// What one number of connections gave.
#[derive(Debug, Serialize)]
pub(super) struct Level {
    pub(super) connections: usize,
    /// Answers per second.
    pub(super) healthz: Spread,
    pub(super) exchange: Spread,
    /// Of the two rounds that followed each other.
    pub(super) ratio: Spread,
    /// Milliseconds of one exchange.
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) slowest: f64,
    /// Cores kept busy by the server and by this program, first with `/healthz`, then with exchanges.
    pub(super) healthz_cores: (f64, f64),
    pub(super) exchange_cores: (f64, f64),
}

/// A connection and the sessions it owns: nobody else exchanges their tokens.
struct Worker {
    connection: Connection,
    tokens: Vec<String>,
    next: usize,
}

#[derive(Clone, Copy)]
enum Call {
    Healthz,
    Exchange,
}

struct Round {
    workers: Vec<Worker>,
    per_second: f64,
    milliseconds: Vec<f64>,
    cores: (f64, f64),
}

/// Short rounds of the two calls in turn, so that a disturbance meets both. Gives the newest tokens back.
pub(super) async fn level(
    server: &Server,
    tokens: Vec<String>,
    connections: usize,
    rounds: usize,
    duration: Duration,
) -> Result<(Level, Vec<String>)> {
    let mut workers = hire(server, tokens, connections).await?;
    for call in [Call::Healthz, Call::Exchange] {
        workers = round(server, workers, call, WARM_UP).await?.workers;
    }
    let (mut healthz, mut exchange, mut milliseconds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut healthz_cores, mut exchange_cores) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let asked = round(server, workers, Call::Healthz, duration).await?;
        let exchanged = round(server, asked.workers, Call::Exchange, duration).await?;
        workers = exchanged.workers;
        healthz.push(asked.per_second);
        exchange.push(exchanged.per_second);
        milliseconds.extend(exchanged.milliseconds);
        healthz_cores.push(asked.cores);
        exchange_cores.push(exchanged.cores);
    }
    milliseconds.sort_by(f64::total_cmp);
    let level = Level {
        connections,
        ratio: Spread::of(exchange.iter().zip(&healthz).map(|(exchange, healthz)| exchange / healthz)),
        healthz: Spread::of(healthz),
        exchange: Spread::of(exchange),
        p50: at(&milliseconds, 0.5),
        p99: at(&milliseconds, 0.99),
        slowest: milliseconds.last().copied().unwrap_or_default(),
        healthz_cores: medians(&healthz_cores),
        exchange_cores: medians(&exchange_cores),
    };
    Ok((level, workers.into_iter().flat_map(|worker| worker.tokens).collect()))
}

fn medians(cores: &[(f64, f64)]) -> (f64, f64) {
    let (server, own) = (cores.iter().map(|cores| cores.0), cores.iter().map(|cores| cores.1));
    (Spread::of(server).median, Spread::of(own).median)
}

/// Exchanges for a while on `connections` connections; answers how many exchanges there were.
pub(super) async fn exchange_for(
    server: &Server,
    tokens: Vec<String>,
    connections: usize,
    duration: Duration,
) -> Result<(usize, Vec<String>)> {
    let workers = hire(server, tokens, connections).await?;
    let round = round(server, workers, Call::Exchange, duration).await?;
    let tokens = round.workers.into_iter().flat_map(|worker| worker.tokens).collect();
    Ok((round.milliseconds.len(), tokens))
}

/// Exchanges every session `times` times, all sessions once before any is exchanged again.
pub(super) async fn exchange_all(server: &Server, tokens: Vec<String>, times: usize) -> Result<Duration> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut worker in hire(server, tokens, BULK).await? {
        tasks.spawn(async move {
            for _ in 0..times {
                for token in &mut worker.tokens {
                    worker.connection.exchange(token).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(started.elapsed())
}

async fn hire(server: &Server, tokens: Vec<String>, connections: usize) -> Result<Vec<Worker>> {
    let mut workers = Vec::new();
    for _ in 0..connections {
        let connection = Connection::open(server.address()).await?;
        workers.push(Worker { connection, tokens: Vec::new(), next: 0 });
    }
    for (number, token) in tokens.into_iter().enumerate() {
        if let Some(worker) = workers.get_mut(number % connections.max(1)) {
            worker.tokens.push(token);
        }
    }
    Ok(workers)
}

async fn round(server: &Server, workers: Vec<Worker>, call: Call, duration: Duration) -> Result<Round> {
    let (cpu, own, started) = (Cpu::of(server.pid())?, Cpu::own()?, Instant::now());
    let end = started + duration;
    let mut tasks = JoinSet::new();
    for mut worker in workers {
        tasks.spawn(async move {
            let mut milliseconds = Vec::new();
            loop {
                let started = Instant::now();
                if started >= end {
                    return anyhow::Ok((worker, milliseconds));
                }
                match call {
                    Call::Healthz => worker.connection.healthz().await?,
                    Call::Exchange => worker.exchange().await?,
                }
                milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
            }
        });
    }
    let (mut workers, mut milliseconds) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (worker, took) = done??;
        workers.push(worker);
        milliseconds.extend(took);
    }
    let seconds = started.elapsed().as_secs_f64();
    let cores = (cpu.since(server.pid())? / seconds, own.since_own()? / seconds);
    Ok(Round { workers, per_second: milliseconds.len() as f64 / seconds, milliseconds, cores })
}

impl Worker {
    async fn exchange(&mut self) -> Result<()> {
        let count = self.tokens.len().max(1);
        if let Some(token) = self.tokens.get_mut(self.next % count) {
            self.connection.exchange(token).await?;
        }
        self.next += 1;
        Ok(())
    }
}
