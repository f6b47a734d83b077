//! `cargo xtask demo`: the issuer, the gate and the page on this machine, behind one address.

mod child;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process::{command, say};
use crate::{npm, parts, repo};
use child::Child;

/// What can be set about the demo. Durations are written as for `shelflife serve`: `30s`, `1m`, `30d`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Port of the one address to open; the next free one is taken if it is in use
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// How long a token opens resources before it has to be exchanged
    #[arg(long, default_value = "1m")]
    access_ttl: String,
    /// How long a token can be exchanged
    #[arg(long, default_value = "30d")]
    refresh_ttl: String,
    /// How long a repeated exchange gives the same token again
    #[arg(long, default_value = "30s")]
    grace: String,
    /// Folder for the issuer's data; left out, a temporary one that is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

const AUDIENCE: &str = "api";
const STARTING: Duration = Duration::from_secs(30);

/// Builds, starts, waits for Ctrl-C or the end of a child, and ends them all.
pub(crate) fn run(options: &Options) -> Result<()> {
    npm::ensure()?;
    let binary = parts::issuer()?;
    parts::web()?;
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let data = options.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    let stop = stop_on_signals()?;

    let gate_port = free_port(options.port)?;
    let page = format!("http://127.0.0.1:{gate_port}");
    let mut children = Vec::new();
    let outcome = start(options, &binary, &data, &page, &mut children, &stop).and_then(|()| {
        if !stop.load(Ordering::Relaxed) {
            println!("{page}\nsign in as demo with the password best-before; Ctrl-C ends it");
        }
        watch(&mut children, &stop)
    });
    say!("ending the demo");
    // The gate first, the issuer last: nothing asks for what is already gone.
    for child in children.iter_mut().rev() {
        child.end();
    }
    // Whoever pressed Ctrl-C while it was starting wanted just that.
    if stop.load(Ordering::Relaxed) { Ok(()) } else { outcome }
}

fn start(
    options: &Options,
    binary: &Path,
    data: &Path,
    page: &str,
    children: &mut Vec<Child>,
    stop: &AtomicBool,
) -> Result<()> {
    let mut issuer = command(binary);
    issuer.args([
        "serve",
        "--demo",
        "--listen",
        "127.0.0.1:0",
        "--audience",
        AUDIENCE,
        "--cors-origin",
        page,
    ]);
    issuer.args(["--access-ttl", &options.access_ttl, "--refresh-ttl", &options.refresh_ttl]);
    issuer.args(["--grace", &options.grace]).arg("--data").arg(std::path::absolute(data)?);
    let issuer = listening("issuer", issuer, children, stop)?;
    let keys = ureq::get(format!("{issuer}/.well-known/jwks.json"))
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string())
        .context("the issuer does not tell its keys")?;

    let configured = |script: &str, listen: &str| {
        let mut node = command("node");
        node.arg(repo::path(script)).args(["--listen", listen]);
        node.env("SHELFLIFE_ISSUER", &issuer)
            .env("SHELFLIFE_AUDIENCE", AUDIENCE)
            .env("SHELFLIFE_JWKS", &keys);
        node
    };
    let origin = listening("page", configured("web-demo/serve.mjs", "127.0.0.1:0"), children, stop)?;
    let mut gate = configured("edge-worker/serve.mjs", page.trim_start_matches("http://"));
    gate.env("ORIGIN", &origin);
    listening("gate", gate, children, stop).map(|_| ())
}

/// Starts a child and waits until it says where it listens.
fn listening(
    name: &'static str,
    command: std::process::Command,
    children: &mut Vec<Child>,
    stop: &AtomicBool,
) -> Result<String> {
    let child = Child::start(name, command)?;
    children.push(child);
    match children.last_mut() {
        Some(child) => child.listening(STARTING, stop),
        None => bail!("{name} was not started"),
    }
}

/// Returns when somebody wants it to end, or with an error when a child ended by itself.
fn watch(children: &mut [Child], stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        for child in children.iter_mut() {
            if let Some(status) = child.ended()? {
                bail!("{} ended by itself ({status}): its last words are above", child.name);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot listen for Ctrl-C")?;
    }
    Ok(stop)
}

/// The first port from `wanted` on that nobody listens on; 0 asks the system for any.
fn free_port(wanted: u16) -> Result<u16> {
    for port in wanted..=wanted.saturating_add(100) {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            let port = listener.local_addr()?.port();
            if wanted != 0 && port != wanted {
                say!("port {wanted} is in use, taking {port}");
            }
            return Ok(port);
        }
    }
    bail!("no free port from {wanted} on: choose another with --port");
}
