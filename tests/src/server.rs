//! The server under test: a process, its data, its words.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tempfile::TempDir;

use crate::{Clocks, binary};

/// The `iss` of every token in these tests. Fixed, because a server that is started again listens on another port.
pub const ISSUER: &str = "https://issuer.example";

const PATIENCE: Duration = Duration::from_secs(30);

/// A running `shelflife serve`. Dropping it kills the process and removes its data.
pub struct Server {
    child: Child,
    address: String,
    options: Vec<String>,
    log: Arc<Mutex<String>>,
    data: PathBuf,
    /// Moves its clocks; `None`: it has those of the machine.
    clock: Option<Clocks>,
    /// Removed with the server, if it was made for it.
    _folder: Option<TempDir>,
}

impl Server {
    /// Starts on new data, with the demo user.
    pub fn demo(options: &[&str]) -> Server {
        Server::on(new_data(), &[&["--demo"], options].concat())
    }

    /// Starts on this data, which stays when the server goes.
    pub fn at(data: &Path, options: &[&str]) -> Server {
        Server::start(data.to_owned(), None, options, None)
    }

    /// Starts on new data, with just these options.
    pub fn plain(options: &[&str]) -> Server {
        Server::on(new_data(), options)
    }

    /// Starts on new data, with the demo user and events from `level` on, which go to `stderr` instead of [`Server::log`].
    pub fn logging_to(stderr: impl Into<Stdio>, level: &str, options: &[&str]) -> Server {
        let folder = new_data();
        let options: Vec<String> =
            ["--demo"].iter().chain(options).map(|option| (*option).to_owned()).collect();
        let (log, data) = (Arc::new(Mutex::new(String::new())), folder.path().join("data"));
        let mut command = serve(&data, &options, None);
        command.env("SHELFLIFE_LOG", level).stderr(stderr);
        let (child, address) = begin(command, &log);
        Server { child, address, options, log, data, clock: None, _folder: Some(folder) }
    }

    /// Starts on new data, with the demo user and with clocks that can be moved.
    pub fn clocked(options: &[&str]) -> Server {
        let (folder, options) = (new_data(), [&["--demo"], options].concat());
        let clock = Some(Clocks::new(&folder.path().join("clock")));
        Server::start(folder.path().join("data"), Some(folder), &options, clock)
    }

    /// Its clocks, where it was started with ones that can be moved.
    pub fn clocks(&self) -> &Clocks {
        self.clock.as_ref().expect("a server of `Server::clocked`")
    }

    fn on(folder: TempDir, options: &[&str]) -> Server {
        Server::start(folder.path().join("data"), Some(folder), options, None)
    }

    fn start(data: PathBuf, folder: Option<TempDir>, options: &[&str], clock: Option<Clocks>) -> Server {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let log = Arc::new(Mutex::new(String::new()));
        let (child, address) = start(&data, &options, clock.as_ref(), &log);
        Server { child, address, options, log, data, clock, _folder: folder }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// Everything it has said so far, on standard output and standard error, across restarts.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Ends it the hard way and starts it again on the same data: nothing it answered may be lost.
    pub fn crash(&mut self) {
        self.kill9();
        self.restart();
    }

    /// `kill -9`.
    pub fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// `kill -TERM`, and how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a running server");
    }

    /// Waits for its end, and tells how it ended.
    pub fn ended(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not end within {PATIENCE:?}");
    }

    /// From now on the process can write so far into any file and no further; `None`: as far as this one.
    pub fn limit_file_sizes(&self, bytes: Option<u64>) {
        let own = getrlimit(Resource::Fsize);
        let limit = Rlimit { current: bytes.or(own.current), maximum: own.maximum };
        prlimit(Some(self.pid()), Resource::Fsize, limit).expect("a running server of the same user");
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    /// Starts it again on the same data, with the same options.
    pub fn restart(&mut self) {
        let (child, address) = start(&self.data(), &self.options, self.clock.as_ref(), &self.log);
        (self.child, self.address) = (child, address);
    }

    /// Starts it again on the same data, with other options.
    pub fn restart_with(&mut self, options: &[&str]) {
        self.options = options.iter().map(|option| (*option).to_owned()).collect();
        self.restart();
    }

    /// Runs a second `shelflife serve` on the same data to its end: how it ended, and what it said on standard error.
    pub fn second_on_the_same_data(&self) -> (ExitStatus, String) {
        let mut child = serve(&self.data(), &[], None).spawn().expect("the binary starts");
        let until = Instant::now() + PATIENCE;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                let _ = child.kill();
                let _ = child.wait();
                panic!("a second server runs on the data of the first");
            }
            thread::sleep(Duration::from_millis(10));
        }
        let output = child.wait_with_output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn new_data() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn serve(data: &Path, options: &[String], clock: Option<&Clocks>) -> Command {
    let mut serve = clock.map_or_else(|| Command::new(binary()), Clocks::program);
    // Settings of the person who runs the tests must not change what is tested.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SHELFLIFE_"))
    {
        serve.env_remove(name);
    }
    serve.args(["serve", "--listen", "127.0.0.1:0", "--issuer", ISSUER, "--data"]).arg(data).args(options);
    serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    serve
}

fn start(
    data: &Path,
    options: &[String],
    clock: Option<&Clocks>,
    log: &Arc<Mutex<String>>,
) -> (Child, String) {
    begin(serve(data, options, clock), log)
}

fn begin(mut command: Command, log: &Arc<Mutex<String>>) -> (Child, String) {
    let mut child = command.spawn().expect("the binary starts");
    let addresses = relay(child.stdout.take().unwrap(), log);
    if let Some(stderr) = child.stderr.take() {
        let _ = relay(stderr, log);
    }
    match addresses.recv_timeout(PATIENCE) {
        Ok(address) => (child, address),
        Err(_) => {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the server did not say where it listens:\n{}", log.lock().unwrap());
        }
    }
}

/// Keeps what the server says, and hands on the address it announces.
fn relay(output: impl std::io::Read + Send + 'static, log: &Arc<Mutex<String>>) -> Receiver<String> {
    let (sender, addresses) = channel();
    let log = Arc::clone(log);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("listening on ") {
                let _ = sender.send(address.trim_end_matches('/').to_owned());
            }
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    addresses
}
