//! The issuer as a process of its own, on data of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::Site;

const PATIENCE: Duration = Duration::from_secs(30);
const CLIENT: &str = "bench";

/// A running `shelflife serve`. Dropping it kills the process and removes its data.
pub(super) struct Server {
    child: Child,
    address: String,
    folder: TempDir,
    secret: String,
}

impl Server {
    /// Starts it on new data; behind `tracer`, a command that runs what follows it in its own place.
    pub(super) fn start(site: &Site, tracer: Option<&[&str]>) -> Result<Server> {
        let folder = tempfile::tempdir_in(&site.place)?;
        let secret = add_client(site, &folder.path().join("data"))?;
        let mut command = match tracer {
            Some([program, arguments @ ..]) => {
                let mut tracer = Command::new(program);
                tracer.args(arguments).arg(&site.server);
                tracer
            }
            _ => Command::new(&site.server),
        };
        forget_settings(&mut command);
        command.args(["serve", "--listen", "127.0.0.1:0", "--store", &site.store, "--data"]);
        command.arg(folder.path().join("data"));
        // An event for every exchange would measure the terminal.
        command.env("SHELFLIFE_LOG", "warn").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", site.server.display()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let Some(address) = line.trim().strip_prefix("listening on ") else {
            let _ = child.kill();
            let _ = child.wait();
            bail!("the server did not say where it listens, but `{}`", line.trim());
        };
        Ok(Server { address: address.to_owned(), child, folder, secret })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Id and secret of a client that may open sessions.
    pub(super) fn client(&self) -> (&str, &str) {
        (CLIENT, &self.secret)
    }

    /// Ends it in order, and waits.
    pub(super) fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no pid")?;
        kill_process(pid, Signal::TERM)?;
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                bail!("the server did not end within {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings of the person who measures must not change what is measured.
fn forget_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SHELFLIFE_"))
    {
        command.env_remove(name);
    }
}

/// Sessions are opened by a trusted backend: passwords would cost more than everything that is measured.
fn add_client(site: &Site, data: &Path) -> Result<String> {
    let mut command = Command::new(&site.server);
    forget_settings(&mut command);
    command.args(["clients", "add", CLIENT, "--role", "sessions", "--store", &site.store, "--data"]);
    let added =
        command.arg(data).output().with_context(|| format!("cannot start {}", site.server.display()))?;
    if !added.status.success() {
        bail!("`shelflife clients add` failed: {}", String::from_utf8_lossy(&added.stderr));
    }
    Ok(String::from_utf8(added.stdout)?.trim().to_owned())
}
