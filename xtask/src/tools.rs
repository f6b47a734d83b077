//! What comes from outside: Node, Debian's packages, Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{ask, command, run, say, shown};

/// Where Chromium is, by the names it has on Linux and macOS; `CHROMIUM` wins.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("CHROMIUM") {
        return Some(given.into());
    }
    const PLACES: [&str; 5] = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/snap/bin/chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ];
    PLACES.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Chromium, installed if it is absent and that can be done without a question.
pub(crate) fn ensure_chromium() -> Result<PathBuf> {
    if let Some(found) = chromium() {
        return Ok(found);
    }
    install_debian(&["chromium"], "the browser tests run in Chromium")?;
    chromium().context("chromium was installed, but is at none of the usual places: set CHROMIUM to its path")
}

/// The emulator that compares every step of two signatures.
pub(crate) fn ensure_valgrind() -> Result<()> {
    if valgrind().is_some() {
        return Ok(());
    }
    install_debian(&["valgrind"], "that signing takes the same steps for every number is seen under valgrind")
}

/// The version of `valgrind`.
pub(crate) fn valgrind() -> Option<String> {
    ask("valgrind", &["--version"])
}

/// Node 20 or newer is the one thing that has to be there: which package brings it differs from system to system.
pub(crate) fn ensure_node() -> Result<()> {
    match node_version() {
        Some(20..) => Ok(()),
        Some(older) => bail!("Node {older} is too old: install Node 20 or newer (with npm)"),
        None => bail!("`node` is not there: install Node 20 or newer (with npm)"),
    }
}

/// The major version of `node`.
pub(crate) fn node_version() -> Option<u32> {
    ask("node", &["--version"])?.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Whether all of these packages are installed by Debian's package manager.
pub(crate) fn has_debian(packages: &[&str]) -> bool {
    packages.iter().all(|package| {
        ask("dpkg-query", &["--show", "--showformat=${db:Status-Status}", package]).as_deref()
            == Some("installed")
    })
}

/// Installs packages of Debian, as root or through a `sudo` that asks nothing; otherwise says what to type.
pub(crate) fn install_debian(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    if ask("apt-get", &["--version"]).is_none() {
        bail!("{why}, and this system has no apt-get: please install what it calls {list}");
    }
    let Some(prefix) = rights() else {
        bail!(
            "{why}. Please run: sudo apt-get update && sudo apt-get install --no-install-recommends {list}"
        );
    };
    say!("{why}: installing {list}");
    // A list that cannot be renewed may still name what we need, so only the installation decides.
    if let Err(error) = run(apt(prefix).args(["update", "-q"])) {
        say!("{error:#}; going on with the package list that is here");
    }
    let mut install = apt(prefix);
    install.args(["install", "-q", "--yes", "--no-install-recommends"]).args(packages);
    run(&mut install).with_context(|| format!("please install by hand: {list} (tried `{}`)", shown(&install)))
}

/// How to become root: not at all, or with `sudo -n`.
fn rights() -> Option<&'static [&'static str]> {
    if ask("id", &["-u"]).as_deref() == Some("0") {
        return Some(&[]);
    }
    ask("sudo", &["-n", "true"]).map(|_| ["sudo", "-n"].as_slice())
}

fn apt(prefix: &[&str]) -> Command {
    let mut words = prefix.iter().copied().chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    let mut apt = command(words.next().unwrap_or("env"));
    apt.args(words);
    apt
}

/// The size of a file in bytes, as it is and after `gzip -9`.
pub(crate) fn sizes(file: &Path) -> Result<(u64, u64)> {
    let raw = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    let zipped =
        command("gzip").args(["-9", "-n", "-c"]).arg(file).output().context("cannot start `gzip`")?;
    Ok((raw, u64::try_from(zipped.stdout.len())?))
}
