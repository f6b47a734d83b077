//! A small disk of its own: an ext4 in a file, mounted through a loop device. Its power can be cut.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::ioctl::{Setter, ioctl, opcode};
use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN`: from now on the file system takes nothing and writes nothing, its journal included.
const SHUTDOWN: rustix::ioctl::Opcode = opcode::read::<u32>(b'X', 125);
/// What was not in the journal on disk stays out of it, as when the power goes.
const WITHOUT_FLUSHING_THE_LOG: u32 = 2;

/// A mounted disk. Dropping it unmounts it and removes its file.
pub struct Disk {
    folder: TempDir,
    mounted: bool,
}

impl Disk {
    /// Makes an empty disk of so many MiB and mounts it.
    ///
    /// # Errors
    /// When this machine does not allow it: why.
    pub fn new(mebibytes: u64) -> Result<Disk, String> {
        if !Path::new("/dev/loop-control").exists() {
            return Err("there is no /dev/loop-control here, so no loop device".to_owned());
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut disk = Disk { folder, mounted: false };
        let image = File::create(disk.image()).map_err(|error| error.to_string())?;
        image.set_len(mebibytes << 20).map_err(|error| error.to_string())?;
        run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), "-m0".as_ref(), disk.image().as_ref()])?;
        std::fs::create_dir(disk.path()).map_err(|error| error.to_string())?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    /// Mounts it again after a cut, as a machine does that comes back: the journal is replayed.
    ///
    /// # Errors
    /// When `mount` refuses: why.
    pub fn mount(&mut self) -> Result<(), String> {
        let (image, path) = (self.image(), self.path());
        run("mount", &["-o".as_ref(), "loop".as_ref(), image.as_ref(), path.as_ref()])?;
        self.mounted = true;
        Ok(())
    }

    /// Cuts the power: what is not on the disk by now never gets there.
    ///
    /// # Errors
    /// When the file system does not know how: why.
    pub fn cut(&self) -> Result<(), String> {
        let root = File::open(self.path()).map_err(|error| error.to_string())?;
        // SAFETY: the request takes a pointer to an u32, which it reads, and that is what `Setter` passes.
        #[allow(unsafe_code)]
        let request = unsafe { Setter::<SHUTDOWN, u32>::new(WITHOUT_FLUSHING_THE_LOG) };
        // SAFETY: as above; the descriptor is open for the length of the call.
        #[allow(unsafe_code)]
        unsafe { ioctl(&root, request) }
            .map_err(|error| format!("the shutdown ioctl of ext4 failed: {error}"))
    }

    /// Unmounts it. Processes that were ended a moment ago may still hold it.
    ///
    /// # Errors
    /// When somebody goes on holding it: why.
    pub fn unmount(&mut self) -> Result<(), String> {
        let since = Instant::now();
        loop {
            match run("umount", &[self.path().as_ref()]) {
                Ok(()) => {
                    self.mounted = false;
                    return Ok(());
                }
                Err(why) if since.elapsed() > Duration::from_secs(10) => return Err(why),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted && self.unmount().is_err() {
            let _ = run("umount", &["-l".as_ref(), self.path().as_ref()]);
        }
    }
}

fn run(program: &str, arguments: &[&std::ffi::OsStr]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{program}` failed: {}", said.lines().next().unwrap_or("it did not say why")))
}
