//! A server in this process on a free port, a clock that is moved by hand, and the barest HTTP client.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::Value;
use shelflife_issuer::clock::{Clock, ManualClock};
use shelflife_issuer::config::LOGIN_LIMITS;
use shelflife_issuer::domain::{ClientSecret, DeviceKey, Role, Rules, new_client};
use shelflife_issuer::domain::{
    FeedTerms, Issuer, LateExchange, LoginGuard, Moment, NewUserDraw, Password, Passwords, Policy, new_user,
};
use shelflife_issuer::http::{Draining, Http, Subscribers, app, keep_publishing};
use shelflife_issuer::keyring::Keyring;
use shelflife_issuer::server::Server;
use shelflife_issuer::store::{DataFolder, EmbeddedStore, Engine, MemoryEngine, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Listeners to the stream at a time.
pub(crate) const SUBSCRIBERS: usize = 4;
pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const PAGE_ORIGIN: &str = "http://127.0.0.1:8787";

pub(crate) fn policy() -> Policy {
    Policy {
        access_ttl: 60,
        refresh_ttl: 3600,
        grace_ms: 1000,
        jitter_percent: 0,
        absolute_ttl: 86_400,
        idle_ttl: None,
        reauth_after: None,
        late_exchange: LateExchange::Unseen,
    }
}

/// Secret of the clients `shop` (opens sessions) and `console` (looks after users).
pub(crate) const CLIENT_SECRET: [u8; 32] = [3; 32];

pub(crate) struct Running {
    pub(crate) address: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) issuer: Arc<Issuer>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
    publishing: tokio::task::JoinHandle<()>,
}

pub(crate) async fn start() -> Running {
    start_over(Arc::new(MemoryEngine::default())).await
}

/// With other rules than [`policy`] alone.
pub(crate) async fn start_by(rules: Rules) -> Running {
    let store = Arc::new(EmbeddedStore::start(Arc::new(MemoryEngine::default())).unwrap());
    start_all(store, Keyring::in_memory(&[7; 32]).unwrap(), START, rules).await
}

pub(crate) async fn start_over(engine: Arc<dyn Engine>) -> Running {
    let store = Arc::new(EmbeddedStore::start(engine).unwrap());
    start_with(store, Keyring::in_memory(&[7; 32]).unwrap(), START).await
}

/// As `shelflife serve` opens a data folder.
pub(crate) async fn start_in(data: &Path, now: u64) -> (Running, DataFolder) {
    start_in_by(data, now, policy().into()).await
}

/// The same with other rules than [`policy`] alone.
pub(crate) async fn start_in_by(data: &Path, now: u64, rules: Rules) -> (Running, DataFolder) {
    let folder = DataFolder::lock(data).unwrap();
    let keyring = Keyring::open(data, !folder.has_store()).unwrap();
    let store = Arc::new(folder.open_store("a store").unwrap());
    (start_all(store, keyring, now, rules).await, folder)
}

pub(crate) async fn start_with(store: Arc<EmbeddedStore>, keyring: Keyring, now: u64) -> Running {
    start_all(store, keyring, now, policy().into()).await
}

/// Some tests wait for it to run out; all others have to be quicker, however many run at once on however slow a machine.
const PATIENCE_WITH_CLIENTS: Duration = Duration::from_secs(2);

async fn start_all(store: Arc<EmbeddedStore>, keyring: Keyring, now: u64, rules: Rules) -> Running {
    add_user(store.as_ref(), "ada", 1).await;
    add_user(store.as_ref(), "eve", 2).await;
    add_client(store.as_ref(), "shop", Role::Sessions).await;
    add_client(store.as_ref(), "console", Role::Admin).await;
    let clock = Arc::new(ManualClock::at(now));
    let passwords = Passwords::new(2).unwrap();
    let guard = LoginGuard::new(LOGIN_LIMITS, [7; 32], DeviceKey::from_bytes([9; 32]));
    let (name, audience) = ("http://id.example".into(), "api".into());
    let issuer = Issuer::new(name, audience, store.clone(), keyring, passwords, guard, rules).unwrap();
    let http = Http {
        issuer: Arc::new(issuer),
        clock: clock.clone(),
        cors_origins: [PAGE_ORIGIN.to_owned()].into(),
        trusted_proxies: ["127.0.0.1".parse().unwrap()].into(),
        body_timeout: PATIENCE_WITH_CLIENTS,
        subscribers: Subscribers::new(SUBSCRIBERS, Duration::from_millis(100)),
        issuer_is_address: false,
        draining: Draining::default(),
    };
    http.issuer.start_feed(FeedTerms { max_age: 300 }, clock.now()).await.unwrap();
    let issuer = Arc::clone(&http.issuer);
    let for_tests = Arc::clone(&issuer);
    let publishing = tokio::spawn(keep_publishing(http.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel();
    let server = Server {
        max_connections: 200,
        header_timeout: PATIENCE_WITH_CLIENTS,
        write_timeout: Duration::from_secs(2),
        shutdown_timeout: Duration::from_secs(20),
        ..Server::default()
    };
    let task = tokio::spawn(async move {
        let shutdown = async move {
            drop(stopped.await);
            issuer.close_feed();
        };
        server.run(listener, app(http), shutdown).await;
    });
    Running { address, clock, store, issuer: for_tests, stop: Some(stop), task, publishing }
}

pub(crate) async fn add_user(store: &EmbeddedStore, name: &str, number: u8) {
    let draw = NewUserDraw { sub: [number; 16], salt: [number; 16] };
    let password = Password::new(PASSWORD.into());
    let user = new_user(name.into(), &password, vec!["staff".into()], false, &draw, Moment::from_secs(START));
    store.add_user(user.unwrap()).await.unwrap();
}

async fn add_client(store: &EmbeddedStore, id: &str, role: Role) {
    let now = Moment::from_secs(START);
    let (client, _) = new_client(id.into(), vec![role], &CLIENT_SECRET, now).unwrap();
    store.add_client(client).await.unwrap();
}

/// `Authorization: Basic` of a client.
pub(crate) fn basic(id: &str) -> String {
    let secret = ClientSecret::from_bytes(&CLIENT_SECRET);
    format!("Basic {}", Base64::encode_string(format!("{id}:{}", secret.reveal()).as_bytes()))
}

/// The payload of a token.
pub(crate) fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap()
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The first one of each name.
    pub(crate) headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member} in {}", self.body)).to_owned()
    }

    /// The line that sets the cookie of this name, or an empty string.
    pub(crate) fn cookie(&self, name: &str) -> &str {
        let sets = |line: &&String| line.split_once('=').is_some_and(|(set, _)| set == name);
        self.cookies.iter().find(sets).map_or("", String::as_str)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Running {
    pub(crate) async fn stop(mut self) -> Arc<EmbeddedStore> {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
        self.publishing.abort();
        // Whoever opens the store again must be the only one.
        let _ = self.publishing.await;
        self.store
    }

    /// Sends the bytes and reads until the server closes or one answer is complete.
    pub(crate) async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer))
            .await
            .expect("the server neither answered nor hung up");
        String::from_utf8(answer).unwrap()
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(body);
        parse(&self.raw(&request).await)
    }

    pub(crate) async fn post_json(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body).await
    }

    pub(crate) async fn login(&self, name: &str) -> String {
        let body = format!(
            r#"{{"username":"{name}","password":"{PASSWORD}","remember_me":true,"device":"a phone"}}"#
        );
        let answer = self.post_json("/login", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.text("access_token")
    }

    /// Signs in with further members of the body; the whole answer.
    pub(crate) async fn login_with(&self, name: &str, members: &str, headers: &[(&str, &str)]) -> Answer {
        let body = format!(r#"{{"username":"{name}","password":"{PASSWORD}"{members}}}"#);
        let headers = [headers, &[("content-type", "application/json")]].concat();
        self.send("POST", "/login", &headers, &body).await
    }

    /// Both clocks move, minute by minute, as they do in a server that looks at them.
    pub(crate) fn pass_minutes(&self, minutes: u64) {
        for _ in 0..minutes {
            self.clock.advance_millis(60_000);
            self.issuer.watch_clock(self.clock.now());
        }
    }

    /// A call by the client `shop`, of role `sessions`.
    pub(crate) async fn as_shop(&self, method: &str, path: &str, body: &str) -> Answer {
        let basic = basic("shop");
        let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, body).await
    }

    pub(crate) async fn exchange(&self, token: &str) -> Answer {
        self.exchange_with(token, &[]).await
    }

    pub(crate) async fn exchange_with(&self, token: &str, headers: &[(&str, &str)]) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        let body = format!("grant_type=refresh_token&refresh_token={token}");
        self.send("POST", "/oauth/token", &headers, &body).await
    }

    /// A call with a body by the holder of a token.
    pub(crate) async fn post_as(&self, path: &str, token: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send("POST", path, &headers, body).await
    }

    /// A call by the client `console`.
    pub(crate) async fn as_admin(&self, method: &str, path: &str, body: &str) -> Answer {
        let basic = basic("console");
        let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
        self.send(method, path, &headers, body).await
    }

    pub(crate) async fn authorized(&self, method: &str, path: &str, token: &str) -> Answer {
        self.send(method, path, &[("authorization", &format!("Bearer {token}"))], "").await
    }
}

pub(crate) fn parse(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = BTreeMap::new();
    let mut cookies = Vec::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        let (name, value) = (name.to_lowercase(), value.to_owned());
        if name == "set-cookie" {
            cookies.push(value.clone());
        }
        headers.insert(name, value);
    }
    Answer { status, headers, cookies, body: body.to_owned() }
}
