//! A process of the demo: its output on standard error under its name, its end by its own pid.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::process::say;

const ANNOUNCEMENT: &str = "listening on ";

pub(super) struct Child {
    pub(super) name: &'static str,
    process: std::process::Child,
    addresses: Receiver<String>,
}

impl Child {
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Child> {
        say!("starting the {name}");
        // A group of its own, so that Ctrl-C reaches us alone and we end them in order.
        let mut process = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("cannot start the {name} ({})", command.get_program().to_string_lossy())
            })?;
        let (sender, addresses) = channel();
        if let Some(output) = process.stdout.take() {
            relay(name, output, Some(sender));
        }
        if let Some(output) = process.stderr.take() {
            relay(name, output, None);
        }
        Ok(Child { name, process, addresses })
    }

    /// The address it announced, without a `/` at the end.
    pub(super) fn listening(&mut self, within: Duration, stop: &AtomicBool) -> Result<String> {
        let until = Instant::now() + within;
        while Instant::now() < until && !stop.load(Ordering::Relaxed) {
            match self.addresses.recv_timeout(Duration::from_millis(100)) {
                Ok(address) => return Ok(address),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the {} ended before it listened", self.name),
            }
        }
        bail!("the {} did not listen within {} seconds", self.name, within.as_secs())
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.try_wait().with_context(|| format!("cannot watch the {}", self.name))
    }

    /// Asks it to end, and ends it if it does not within five seconds.
    pub(super) fn end(&mut self) {
        let Ok(None) = self.ended() else { return };
        if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if let Ok(Some(_)) = self.ended() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        say!("the {} does not end by itself: killing it", self.name);
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn relay(name: &'static str, output: impl Read + Send + 'static, addresses: Option<Sender<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let (Some(sender), Some((_, address))) = (&addresses, line.split_once(ANNOUNCEMENT)) {
                let _ = sender.send(address.trim().trim_end_matches('/').to_owned());
            }
            eprintln!("[{name}] {line}");
        }
    });
}
