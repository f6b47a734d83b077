//! The key by which devices are known again: a private file in the data folder.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::CliError;
use crate::chance;
use crate::domain::DeviceKey;
use crate::store::write_private_file;

const NAME: &str = "device-key";

/// The key of this data folder; a new one where there is none that can be used. One that is lost costs little: devices are
/// known again from their next sign-in on. So nothing about the file keeps the server from starting.
///
/// # Errors
/// When the operating system has no randomness.
pub(super) fn device_key(data: &Path) -> Result<DeviceKey, CliError> {
    let path = data.join(NAME);
    match read(&path) {
        Ok(bytes) => return Ok(DeviceKey::from_bytes(*bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(event = "device_key_replaced", path = %path.display(), %error),
    }
    let bytes = Zeroizing::new(chance::bytes::<32>().map_err(CliError::failed)?);
    if let Err(error) = write_private_file(data, NAME, bytes.as_slice()) {
        tracing::warn!(
            event = "device_key_not_kept",
            path = %path.display(),
            %error,
            "devices that users signed in on are not known any more after the next start"
        );
    }
    Ok(DeviceKey::from_bytes(*bytes))
}

/// 32 bytes and nothing else, in a file that only its owner can read.
fn read(path: &Path) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut file = File::open(path)?;
    #[cfg(unix)]
    {
        // Readers of the key can pretend to be known devices.
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(io::Error::other(format!("its mode is {mode:04o}, so others can read it")));
        }
    }
    let mut bytes = Zeroizing::new([0; 33]);
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            read => length += read,
        }
    }
    let whole = bytes.first_chunk().filter(|_| length == 32);
    whole.map(|key| Zeroizing::new(*key)).ok_or_else(|| io::Error::other("it does not hold 32 bytes"))
}
