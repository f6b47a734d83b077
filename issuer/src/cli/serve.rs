//! `shelflife serve`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;
use tracing_subscriber::EnvFilter;

use super::device_key::device_key;
use super::house::{House, Opening};
use super::shutdown::Signals;
use super::{CliError, say};
use crate::chance;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::{FeedTerms, Issuer, LoginGuard, NewUserDraw, Password, Passwords, new_user};
use crate::http::{self, Draining, Http, Subscribers, app, keep_publishing};
use crate::log;
use crate::repeats;
use crate::server::Server;
use crate::settings::{Place, Settings};
use crate::store::{Added, Store};
use crate::supervise::supervise;

const DEMO_NAME: &str = "demo";
const DEMO_PASSWORD: &str = "best-before";

/// `EX_SOFTWARE` of sysexits.h: a fault of the program.
const EXIT_WITHOUT_STORE: i32 = 70;

const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams of revocations say at least this often that they are there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Connections of the listener for operations.
const OPS_CONNECTIONS: usize = 64;
/// Files of the store, sockets that are about to close, and the like.
const OTHER_DESCRIPTORS: u64 = 256;
const PURGE_EVERY_MS: u64 = 60_000;
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// Run the issuer.
///
/// Prints `listening on http://ADDRESS` when it is ready. Without any flag it listens on 127.0.0.1:8080 and
/// keeps its data in ./shelflife-data. Every flag is also a variable SHELFLIFE_... and a key of the --config
/// file; a flag wins over the variable, the variable over the file. Events go to standard error;
/// SHELFLIFE_LOG=debug shows more of them.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(super) fn run(self, clock: Arc<dyn Clock>) -> Result<(), CliError> {
        let config = Config::from(&self.place, self.settings)?;
        start_log()?;
        let house = House::open(&config.data, Opening::OrCreate, config.store)?;
        let (begins, rests) = (house.store.bustle(), house.store.bustle());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .on_thread_unpark(move || begins.begin())
            .on_thread_park(move || rests.rest())
            .build()
            .map_err(CliError::failed)?;
        let (store, keyring, _locked) = house.into_parts();
        store.on_death(end_without_store);
        let outcome = runtime.block_on(async {
            settle_demo_user(store.as_ref(), config.demo).await?;
            serve(config, Arc::clone(&store) as Arc<dyn Store>, keyring, clock).await
        });
        // No async worker is left when the store lets go of its files.
        runtime.shutdown_timeout(Duration::from_secs(1));
        store.close();
        outcome
    }
}

async fn serve(
    config: Config,
    store: Arc<dyn Store>,
    keyring: crate::keyring::Keyring,
    clock: Arc<dyn Clock>,
) -> Result<(), CliError> {
    let (listener, address) = listen("--listen", config.listen).await?;
    let operations = match config.ops_listen {
        Some(address) => Some(listen("--ops-listen", address).await?),
        None => None,
    };
    let issuer_is_address = config.issuer.is_none();
    if issuer_is_address && is_for_other_machines(address) {
        tracing::warn!(
            event = "issuer_unreachable",
            "tokens name http://{address} as their issuer; set `--issuer` to the URL that clients use"
        );
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let issuer = Issuer::new(
        config.issuer.unwrap_or_else(|| format!("http://{address}")),
        config.audience,
        Arc::clone(&store),
        keyring,
        Passwords::new(cores).map_err(CliError::failed)?,
        LoginGuard::new(
            config.login_limits,
            chance::bytes().map_err(CliError::failed)?,
            device_key(&config.data)?,
        ),
        config.rules,
    )
    .and_then(|issuer| issuer.with_former_names(&config.former_issuers))
    .map_err(CliError::failed)?;
    let terms = FeedTerms { max_age: config.revocations_max_age };
    let started = issuer.start_feed(terms, clock.now()).await;
    started.map_err(|_| CliError::failed("the list of revocations in the store cannot be read"))?;
    let issuer = Arc::new(issuer);
    // Listeners stay for long: some places are always left for calls.
    let subscribers = Subscribers::new(config.max_connections / 2, HEARTBEAT).shared_out();
    let http = Http {
        issuer: Arc::clone(&issuer),
        clock,
        cors_origins: config.cors_origins.into(),
        trusted_proxies: config.trusted_proxies.clone().into(),
        body_timeout: BODY_TIMEOUT,
        subscribers,
        issuer_is_address,
        draining: Draining::default(),
    };
    let end = Signals::listen()?.shutdown(config.drain, http.draining.clone());
    let shutdown = async move {
        end.await;
        issuer.close_feed();
    };
    survive_file_size_limit()?;
    allow_descriptors(config.max_connections.saturating_add(OPS_CONNECTIONS));
    announce(format_args!("listening on http://{address}"));
    if let Some((listener, address)) = operations {
        announce(format_args!("operations on http://{address}"));
        let listener = listener.into_std().map_err(CliError::failed)?;
        let http = http.clone();
        // It answers until the process ends.
        tokio::spawn(supervise("operations", move || serve_operations(listener.try_clone(), http.clone())));
    }
    let (kept, keep_expired) = (http.clone(), config.keep_expired);
    tokio::spawn(supervise("housekeeping", move || {
        keep_house(Arc::clone(&kept.issuer), Arc::clone(&kept.clock), keep_expired)
    }));
    tokio::spawn(supervise("tell repeats", repeats::keep_telling));
    tokio::spawn(keep_publishing(http.clone()));
    let server = Server {
        max_connections: config.max_connections,
        max_connections_per_address: config.max_connections_per_address,
        exempt: config.trusted_proxies,
        ..Server::default()
    };
    server.run(listener, app(http), shutdown).await;
    Ok(())
}

fn start_log() -> Result<(), CliError> {
    let given = std::env::var("SHELFLIFE_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(&given).map_err(|_| {
        CliError::usage(format_args!(
            "`SHELFLIFE_LOG` is `{}`, but must be a level like warn, info or debug",
            given.escape_debug()
        ))
    })?;
    log::start(filter).map_err(CliError::failed)
}

/// Tells on standard output that the server is ready. One that cannot be written, such as a pipe whose reader is gone, is
/// no reason not to serve.
fn announce(line: std::fmt::Arguments<'_>) {
    if let Err(error) = say(line) {
        tracing::warn!(event = "not_announced", error = error.text, "{line}");
    }
}

/// Without its thread the store refuses every write for ever. A supervisor can start the process anew, which helps.
fn end_without_store() {
    log::last_line("shelflife: the thread of the store has ended; so does the server, to be started again");
    std::process::exit(EXIT_WITHOUT_STORE);
}

/// Listens on the address that the setting `name` gives; a port that is 0 becomes a free one.
async fn listen(name: &str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), CliError> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        CliError::failed(format_args!("`{name}` {address} cannot be listened on: {error}"))
    })?;
    let address = listener.local_addr().map_err(CliError::failed)?;
    Ok((listener, address))
}

/// Answers load balancers on a listener of its own, with places of its own.
async fn serve_operations(listener: std::io::Result<std::net::TcpListener>, http: Http) {
    let server = Server {
        max_connections: OPS_CONNECTIONS,
        max_connections_per_address: OPS_CONNECTIONS,
        ..Server::default()
    };
    match listener.and_then(TcpListener::from_std) {
        Ok(listener) => server.run(listener, http::operations(http), std::future::pending()).await,
        Err(error) => tracing::error!(event = "operations_failed", %error),
    }
}

/// Whether clients of other machines are expected. They hardly call the issuer by such an address.
fn is_for_other_machines(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// Each connection takes a descriptor. Where the system allows fewer than are needed but would allow more, it is asked for
/// them; connections must not use up those that the store needs.
fn allow_descriptors(connections: usize) {
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHER_DESCRIPTORS);
    let limit = getrlimit(Resource::Nofile);
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if is_enough(limit.current) {
        return;
    }
    let most = if is_enough(limit.maximum) { Some(needed) } else { limit.maximum };
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: limit.maximum });
    if !is_enough(most) {
        tracing::warn!(
            event = "few_descriptors",
            needed,
            allowed = most,
            "`--max-connections` is more than the system allows: raise its limit of open files, or lower the setting"
        );
    }
}

/// With `--demo` the demo user exists; without it, neither the user nor its sessions do.
async fn settle_demo_user(store: &dyn Store, wanted: bool) -> Result<(), CliError> {
    let present = store.user_named(DEMO_NAME).map_err(CliError::failed)?;
    match (present, wanted) {
        (Some(user), true) if !user.demo => Err(CliError::failed(
            "`--demo` needs the user name `demo`, but a real user has it; remove that user or leave the flag out",
        )),
        (None, true) => add_demo_user(store).await,
        (Some(user), false) if user.demo => {
            store.remove_user(DEMO_NAME, SystemClock.now().secs()).await.map_err(CliError::failed)?;
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn add_demo_user(store: &dyn Store) -> Result<(), CliError> {
    let draw = NewUserDraw {
        sub: chance::bytes().map_err(CliError::failed)?,
        salt: chance::bytes().map_err(CliError::failed)?,
    };
    let password = Password::new(DEMO_PASSWORD.to_owned());
    let user = new_user(DEMO_NAME.to_owned(), &password, Vec::new(), true, &draw, SystemClock.now())
        .map_err(CliError::failed)?;
    match store.add_user(user).await.map_err(CliError::failed)? {
        Added::Done => Ok(()),
        Added::NameTaken => Err(CliError::failed("the user name `demo` is taken")),
    }
}

/// Where the size of files is limited, a write that goes too far ends the process unless the signal is taken. Taken, it
/// is an error like that of a full disk. The handler stays for as long as the process lives.
fn survive_file_size_limit() -> Result<(), CliError> {
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop).map_err(CliError::failed)
}

/// Compares the clocks every second, and deletes what is over once a minute of the monotonic clock.
async fn keep_house(issuer: Arc<Issuer>, clock: Arc<dyn Clock>, keep_expired: u64) {
    let mut second = tokio::time::interval(WATCH_EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_purge = 0;
    loop {
        second.tick().await;
        let now = clock.now();
        issuer.watch_clock(now);
        if now.uptime_millis() < next_purge {
            continue;
        }
        next_purge = now.uptime_millis().saturating_add(PURGE_EVERY_MS);
        if let Err(error) = issuer.forget_what_is_over(keep_expired, now).await {
            tracing::warn!(event = "purge_failed", %error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_that_is_not_loopback_is_for_other_machines() {
        for (text, expected) in [
            ("127.0.0.1:1", false),
            ("127.8.8.8:1", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("0.0.0.0:1", true),
            ("[::]:1", true),
            ("10.0.0.5:1", true),
            ("192.0.2.1:1", true),
        ] {
            assert_eq!(is_for_other_machines(text.parse().unwrap()), expected, "{text}");
        }
    }
}
