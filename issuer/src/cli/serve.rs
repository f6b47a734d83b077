//! `shelflife serve`

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;
use tracing_subscriber::EnvFilter;

use super::device_key::device_key;
use super::house::{House, Opening};
use super::{CliError, say};
use crate::chance;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::{FeedTerms, Issuer, LoginGuard, NewUserDraw, Password, Passwords, new_user};
use crate::http::{Http, Subscribers, app, keep_publishing};
use crate::server::Server;
use crate::settings::{Place, Settings};
use crate::store::{Added, Store};

const DEMO_NAME: &str = "demo";
const DEMO_PASSWORD: &str = "best-before";

const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams of revocations say at least this often that they are there.
const HEARTBEAT: Duration = Duration::from_secs(15);
const PURGE_EVERY: Duration = Duration::from_secs(60);
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
    pub(super) fn run(self) -> Result<(), CliError> {
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
        let outcome = runtime.block_on(async {
            settle_demo_user(store.as_ref(), config.demo).await?;
            serve(config, Arc::clone(&store) as Arc<dyn Store>, keyring).await
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
) -> Result<(), CliError> {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        CliError::failed(format_args!("`--listen` {} cannot be listened on: {error}", config.listen))
    })?;
    let address = listener.local_addr().map_err(CliError::failed)?;
    if config.issuer.is_none() && address.ip().is_unspecified() {
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
    .map_err(CliError::failed)?;
    let terms = FeedTerms { max_age: config.revocations_max_age };
    let started = issuer.start_feed(terms, SystemClock.now()).await;
    started.map_err(|_| CliError::failed("the list of revocations in the store cannot be read"))?;
    let issuer = Arc::new(issuer);
    // Listeners stay for long: some places are always left for calls.
    let subscribers = Subscribers::new(config.max_connections / 2, HEARTBEAT);
    let http = Http {
        issuer: Arc::clone(&issuer),
        clock: Arc::new(SystemClock),
        cors_origins: config.cors_origins.into(),
        trusted_proxies: config.trusted_proxies.into(),
        body_timeout: BODY_TIMEOUT,
        subscribers,
    };
    let signal = shutdown_signal()?;
    let shutdown = async move {
        signal.await;
        issuer.close_feed();
    };
    survive_file_size_limit()?;
    say(format_args!("listening on http://{address}"))?;
    tokio::spawn(keep_house(Arc::clone(&http.issuer), Arc::clone(&http.clock), config.keep_expired));
    tokio::spawn(keep_publishing(http.clone()));
    let server = Server { max_connections: config.max_connections, ..Server::default() };
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
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
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

/// Completes at SIGTERM or SIGINT.
fn shutdown_signal() -> Result<impl Future<Output = ()>, CliError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!(event = "shutdown", "finishing requests in progress");
    })
}

/// Deletes what is over, once a minute, and compares the clocks every second.
async fn keep_house(issuer: Arc<Issuer>, clock: Arc<dyn Clock>, keep_expired: u64) {
    let mut second = tokio::time::interval(WATCH_EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut minute = tokio::time::interval(PURGE_EVERY);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = second.tick() => issuer.watch_clock(clock.now()),
            _ = minute.tick() => {
                if let Err(error) = issuer.forget_what_is_over(keep_expired, clock.now()).await {
                    tracing::warn!(event = "purge_failed", %error);
                }
            }
        }
    }
}
