//! One engine, many cuts.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::Engine;
use super::compare::Expected;
use crate::chance::Chance;
use crate::disk::Disk;

const DISK_MEBIBYTES: u64 = 96;
/// Cuts that one disk goes through before a new one is made: a store that is new and one that has been through much
/// are damaged in different ways.
const CUTS_PER_DISK: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(60);

/// What many cuts did to an engine.
#[derive(Debug, Default)]
pub struct Tally {
    /// Cuts.
    pub cuts: u32,
    /// Operations that were acknowledged.
    pub acknowledged: u64,
    /// Cuts after which something acknowledged was missing or wrong, and what was.
    pub failures: Vec<String>,
}

/// Cuts the power so many times, at moments of chance; with `until_failure` no further than to the first loss.
/// `driver` is the program with [`super::drive`] and [`super::show`] in it.
///
/// # Errors
/// When this machine has no disk whose power can be cut: why.
pub fn rounds(
    driver: &Path,
    engine: Engine,
    cuts: u32,
    until_failure: bool,
    chance: &mut Chance,
) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut place: Option<(Disk, Expected)> = None;
    for cut in 0..cuts {
        let (mut disk, mut expected) = match place.take() {
            Some(place) => place,
            None => (Disk::new(DISK_MEBIBYTES)?, Expected::default()),
        };
        let wrong = round(driver, engine, &mut disk, &mut expected, &format!("c{cut}"), chance)?;
        tally.cuts += 1;
        tally.acknowledged += std::mem::take(&mut expected.acknowledged);
        let failed = !wrong.is_empty();
        if failed {
            let more = if wrong.len() > 1 { format!(" and {} more", wrong.len() - 1) } else { String::new() };
            tally.failures.push(format!("cut {cut}: {}{more}", wrong[0]));
        }
        if failed && until_failure {
            break;
        }
        if !failed && (cut + 1) % CUTS_PER_DISK != 0 {
            place = Some((disk, expected));
        }
    }
    Ok(tally)
}

/// Writes, cut, back again, and what is wrong then.
fn round(
    driver: &Path,
    engine: Engine,
    disk: &mut Disk,
    expected: &mut Expected,
    name: &str,
    chance: &mut Chance,
) -> Result<Vec<String>, String> {
    let data = disk.path().join("data");
    let mut child = start(driver, engine, "drive", &data, &["--name", name])?;
    let (sender, lines) = channel();
    let output = child.stdout.take().expect("a pipe");
    let listening = std::thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
    });
    // A store that does not open any more has been damaged by the cuts before.
    if lines.recv_timeout(PATIENCE).is_err() {
        end(&mut child);
        return Ok(vec!["the store does not open".to_owned()]);
    }
    std::thread::sleep(Duration::from_millis(5 + chance.below(400)));
    let cut = disk.cut();
    end(&mut child);
    cut?;
    listening.join().expect("a listener");
    lines.try_iter().for_each(|line| expected.hear(&line));
    disk.unmount()?;
    disk.mount()?;
    Ok(match shown(driver, engine, &data)? {
        Ok(shown) => expected.compare(&shown),
        Err(why) => vec![format!("the store does not open: {why}")],
    })
}

/// What the store says of itself, or why it does not.
fn shown(driver: &Path, engine: Engine, data: &Path) -> Result<Result<String, String>, String> {
    let mut child = start(driver, engine, "show", data, &[])?;
    let mut output = child.stdout.take().expect("a pipe");
    let mut complaints = child.stderr.take().expect("a pipe");
    let reading = std::thread::spawn(move || std::io::read_to_string(&mut output).unwrap_or_default());
    let complaining =
        std::thread::spawn(move || std::io::read_to_string(&mut complaints).unwrap_or_default());
    let since = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    end(&mut child);
    let (shown, said) = (reading.join().expect("a reader"), complaining.join().expect("a reader"));
    let why = said.lines().next().unwrap_or("it did not come to an end").to_owned();
    Ok(if shown.ends_with("end\n") { Ok(shown) } else { Err(why) })
}

fn start(driver: &Path, engine: Engine, what: &str, data: &Path, more: &[&str]) -> Result<Child, String> {
    let mut command = Command::new(driver);
    command.arg(what).args(["--engine", engine.name(), "--data"]).arg(data).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(if what == "show" { Stdio::piped() } else { Stdio::null() });
    command.spawn().map_err(|error| format!("the driver {} cannot be started: {error}", driver.display()))
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
