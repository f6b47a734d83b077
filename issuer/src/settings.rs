//! Settings as people write them: flags, `SHELFLIFE_*` variables and a TOML file, all of the same words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use crate::config::ConfigError;

/// Where the data lies; every command needs it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Place {
    /// Folder of the store and the signing keys [default: ./shelflife-data]
    #[arg(long, env = "SHELFLIFE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Engine of the store, sled or redb; a data folder keeps the one it began with [default: sled]
    #[arg(long, env = "SHELFLIFE_STORE", value_name = "ENGINE")]
    pub store: Option<String>,

    /// TOML file with settings of the same words; flags and variables win over it
    #[arg(long, env = "SHELFLIFE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `shelflife serve` can be told. Everything is optional here; the values are judged in
/// [`crate::config::Config`].
#[derive(Debug, Clone, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// Folder of the store and the signing keys; on the command line it is a flag of every command.
    #[arg(skip)]
    pub data: Option<PathBuf>,

    /// Engine of the store; on the command line it is a flag of every command.
    #[arg(skip)]
    pub store: Option<String>,

    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "SHELFLIFE_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// Name of this issuer in tokens (`iss`): the URL under which clients reach it [default: http:// and the
    /// address listened on]
    #[arg(long, env = "SHELFLIFE_ISSUER", value_name = "URL")]
    pub issuer: Option<String>,

    /// Earlier `--issuer` whose tokens are still exchanged and accepted here, for the same keys; can be given several
    /// times
    #[arg(
        long = "former-issuer",
        env = "SHELFLIFE_FORMER_ISSUER",
        value_name = "URL",
        value_delimiter = ','
    )]
    #[serde(alias = "former_issuer")]
    pub former_issuer: Option<Vec<String>>,

    /// Who the tokens are for (`aud`) [default: api]
    #[arg(long, env = "SHELFLIFE_AUDIENCE", value_name = "NAME")]
    pub audience: Option<String>,

    /// How long a token opens resources, 1s to 30d [default: 15m]
    #[arg(long, env = "SHELFLIFE_ACCESS_TTL", value_name = "DURATION")]
    #[serde(alias = "access_ttl")]
    pub access_ttl: Option<String>,

    /// How long a token of a remembered session can be exchanged, from --access-ttl to 400d [default: 30d]
    #[arg(long, env = "SHELFLIFE_REFRESH_TTL", value_name = "DURATION")]
    #[serde(alias = "refresh_ttl")]
    pub refresh_ttl: Option<String>,

    /// How long after an exchange the old token still gets the same answer, 0s to 300s [default: 30s]
    #[arg(long, env = "SHELFLIFE_GRACE", value_name = "DURATION")]
    pub grace: Option<String>,

    /// By how many percent, at random, tokens go stale earlier than --access-ttl, 0 to 50 [default: 5]
    #[arg(long, env = "SHELFLIFE_JITTER", value_name = "PERCENT")]
    #[serde(deserialize_with = "text_or_integer")]
    pub jitter: Option<String>,

    /// How long a session may live, whatever is exchanged, from --access-ttl to 3650d [default: 365d]
    #[arg(long, env = "SHELFLIFE_ABSOLUTE_TTL", value_name = "DURATION")]
    #[serde(alias = "absolute_ttl")]
    pub absolute_ttl: Option<String>,

    /// End sessions that were not exchanged for this long, 0s (never) to 400d [default: 0s]
    #[arg(long, env = "SHELFLIFE_IDLE_TTL", value_name = "DURATION")]
    #[serde(alias = "idle_ttl")]
    pub idle_ttl: Option<String>,

    /// Demand the password again this long after it was proved, 60s to 3650d; 0s is never [default: 0s]
    #[arg(long, env = "SHELFLIFE_REAUTH_AFTER", value_name = "DURATION")]
    #[serde(alias = "reauth_after")]
    pub reauth_after: Option<String>,

    /// What happens when a token is exchanged once more after --grace: `unseen` gives a new one unless the issuer was shown
    /// the one before, `refuse` ends the session, `allow` always gives a new one [default: unseen]
    #[arg(long, env = "SHELFLIFE_LATE_EXCHANGE", value_name = "POLICY")]
    #[serde(alias = "late_exchange")]
    pub late_exchange: Option<String>,

    /// Delete sessions this long after their last token has expired, 1h to 400d; never in the first hour of a process, nor
    /// within an hour of a leap of the clock [default: 24h]
    #[arg(long, env = "SHELFLIFE_KEEP_EXPIRED", value_name = "DURATION")]
    #[serde(alias = "keep_expired")]
    pub keep_expired: Option<String>,

    /// How many living sessions one user may have, 1 to 10000; --session-limit says what happens to one more
    #[arg(long, env = "SHELFLIFE_MAX_SESSIONS", value_name = "COUNT")]
    #[serde(alias = "max_sessions", deserialize_with = "text_or_integer")]
    pub max_sessions: Option<String>,

    /// What happens when a user has --max-sessions and signs in once more: `deny`, `evict-oldest`, or
    /// `unlimited` [default: unlimited]
    #[arg(long, env = "SHELFLIFE_SESSION_LIMIT", value_name = "POLICY")]
    #[serde(alias = "session_limit")]
    pub session_limit: Option<String>,

    /// Wrong passwords for one account from one address that cost nothing, 0 to 100; each further one doubles a pause
    /// that begins at a second [default: 5]
    #[arg(long, env = "SHELFLIFE_FREE_FAILURES", value_name = "COUNT")]
    #[serde(alias = "free_failures", deserialize_with = "text_or_integer")]
    pub free_failures: Option<String>,

    /// The longest of those pauses, 1s to 1d [default: 15m]
    #[arg(long, env = "SHELFLIFE_LONGEST_PAUSE", value_name = "DURATION")]
    #[serde(alias = "longest_pause")]
    pub longest_pause: Option<String>,

    /// Forget the wrong passwords for one account from one address after this long without another, 1m to 30d
    /// [default: 1h]
    #[arg(long, env = "SHELFLIFE_FORGET_FAILURES", value_name = "DURATION")]
    #[serde(alias = "forget_failures")]
    pub forget_failures: Option<String>,

    /// Wrong passwords put up with from one address, whatever the account: so many at once, and after that one more
    /// in each of these times [default: 50/10s]
    #[arg(long, env = "SHELFLIFE_FAILURES_PER_ADDRESS", value_name = "COUNT/DURATION")]
    #[serde(alias = "failures_per_address")]
    pub failures_per_address: Option<String>,

    /// The same for one account, from wherever; devices and addresses it was signed in on or from before are exempt
    /// [default: 100/36s]
    #[arg(long, env = "SHELFLIFE_FAILURES_PER_ACCOUNT", value_name = "COUNT/DURATION")]
    #[serde(alias = "failures_per_account")]
    pub failures_per_account: Option<String>,

    /// Proxy whose `X-Forwarded-For` is believed, an address or a range like 10.0.0.0/8; can be given several
    /// times
    #[arg(
        long = "trusted-proxy",
        env = "SHELFLIFE_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    #[serde(alias = "trusted_proxy")]
    pub trusted_proxy: Option<Vec<String>>,

    /// Stricter lifetimes for sessions of a client, in the file only: `[client.NAME]`.
    #[arg(skip)]
    pub client: BTreeMap<String, Stricter>,

    /// Require every sign-in at /login to name a `client_id` that has a table `[client.NAME]`, so that leaving it out does
    /// not evade its limits [default: false]
    #[arg(long, env = "SHELFLIFE_REQUIRE_CLIENT", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(alias = "require_client")]
    pub require_client: Option<bool>,

    /// Stricter lifetimes for members of a group, in the file only: `[group.NAME]`.
    #[arg(skip)]
    pub group: BTreeMap<String, Stricter>,

    /// Origin whose pages may call, like `https://app.example`, or `capacitor://localhost` for a native shell; can be given
    /// several times
    #[arg(long = "cors-origin", env = "SHELFLIFE_CORS_ORIGIN", value_name = "URL", value_delimiter = ',')]
    #[serde(alias = "cors_origin")]
    pub cors_origin: Option<Vec<String>>,

    /// How long verifiers may go on with a list of revocations, 1s to 7d [default: 5m]
    #[arg(long, env = "SHELFLIFE_REVOCATIONS_MAX_AGE", value_name = "DURATION")]
    #[serde(alias = "revocations_max_age")]
    pub revocations_max_age: Option<String>,

    /// Connections served at once, 1 to 65536 [default: 1024]
    #[arg(long, env = "SHELFLIFE_MAX_CONNECTIONS", value_name = "COUNT")]
    #[serde(alias = "max_connections", deserialize_with = "text_or_integer")]
    pub max_connections: Option<String>,

    /// Connections of one address at once, 1 to 65536; those of a --trusted-proxy are not counted [default: all
    /// but a 64th of --max-connections]
    #[arg(long, env = "SHELFLIFE_MAX_CONNECTIONS_PER_ADDRESS", value_name = "COUNT")]
    #[serde(alias = "max_connections_per_address", deserialize_with = "text_or_integer")]
    pub max_connections_per_address: Option<String>,

    /// Second address to listen on, with /healthz and /readyz alone, which a flood on the first cannot hide [default: none]
    #[arg(long, env = "SHELFLIFE_OPS_LISTEN", value_name = "ADDRESS:PORT")]
    #[serde(alias = "ops_listen")]
    pub ops_listen: Option<String>,

    /// How long /readyz says `draining` after SIGTERM while everything is still served, 0s to 300s [default: 0s]
    #[arg(long, env = "SHELFLIFE_DRAIN", value_name = "DURATION")]
    pub drain: Option<String>,

    /// Let the user `demo` in with the password `best-before`, as long as this flag is given; on a loopback
    /// address only
    #[arg(long, env = "SHELFLIFE_DEMO", value_name = "BOOL")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub demo: Option<bool>,
}

/// Lifetimes of a table `[client.NAME]` or `[group.NAME]`; the words are those of the flags.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Stricter {
    /// As `--access-ttl`.
    pub access_ttl: Option<String>,
    /// As `--refresh-ttl`.
    pub refresh_ttl: Option<String>,
    /// As `--absolute-ttl`.
    pub absolute_ttl: Option<String>,
    /// As `--idle-ttl`.
    pub idle_ttl: Option<String>,
    /// As `--reauth-after`.
    pub reauth_after: Option<String>,
}

impl Settings {
    /// These settings, and where they say nothing, those of the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read or holds something that is not a setting.
    pub fn over_file(self, path: Option<&Path>) -> Result<Settings, ConfigError> {
        let Some(path) = path else { return Ok(self) };
        let file = read(path)?;
        Ok(Settings {
            data: self.data.or(file.data),
            store: self.store.or(file.store),
            listen: self.listen.or(file.listen),
            issuer: self.issuer.or(file.issuer),
            former_issuer: self.former_issuer.or(file.former_issuer),
            audience: self.audience.or(file.audience),
            access_ttl: self.access_ttl.or(file.access_ttl),
            refresh_ttl: self.refresh_ttl.or(file.refresh_ttl),
            grace: self.grace.or(file.grace),
            jitter: self.jitter.or(file.jitter),
            absolute_ttl: self.absolute_ttl.or(file.absolute_ttl),
            idle_ttl: self.idle_ttl.or(file.idle_ttl),
            reauth_after: self.reauth_after.or(file.reauth_after),
            late_exchange: self.late_exchange.or(file.late_exchange),
            keep_expired: self.keep_expired.or(file.keep_expired),
            max_sessions: self.max_sessions.or(file.max_sessions),
            session_limit: self.session_limit.or(file.session_limit),
            free_failures: self.free_failures.or(file.free_failures),
            longest_pause: self.longest_pause.or(file.longest_pause),
            forget_failures: self.forget_failures.or(file.forget_failures),
            failures_per_address: self.failures_per_address.or(file.failures_per_address),
            failures_per_account: self.failures_per_account.or(file.failures_per_account),
            trusted_proxy: self.trusted_proxy.or(file.trusted_proxy),
            // No flag says these.
            client: file.client,
            group: file.group,
            require_client: self.require_client.or(file.require_client),
            cors_origin: self.cors_origin.or(file.cors_origin),
            revocations_max_age: self.revocations_max_age.or(file.revocations_max_age),
            max_connections: self.max_connections.or(file.max_connections),
            max_connections_per_address: self
                .max_connections_per_address
                .or(file.max_connections_per_address),
            ops_listen: self.ops_listen.or(file.ops_listen),
            drain: self.drain.or(file.drain),
            demo: self.demo.or(file.demo),
        })
    }
}

fn read(path: &Path) -> Result<Settings, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!("the file of `--config` {} cannot be read: {error}", path.display()))
    })?;
    toml::from_str(&text).map_err(|error| {
        let line =
            error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
        let what = error.message().replace('\n', " ");
        ConfigError(format!(
            "the file of `--config` {} has a mistake near line {line}: {what}",
            path.display()
        ))
    })
}

fn text_or_integer<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a number")]
    enum Number {
        Text(String),
        Integer(i64),
    }
    Ok(Some(match Number::deserialize(value)? {
        Number::Text(text) => text,
        Number::Integer(number) => number.to_string(),
    }))
}
