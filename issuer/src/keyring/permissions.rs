//! Who may read and change a key file.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::error::KeyringError;

const GROUP_OR_OTHERS: u32 = 0o077;
/// The group may not write, others may do nothing.
const NEVER: u32 = 0o027;
const OTHERS_WRITE: u32 = 0o002;

/// Accepts a key file that its owner alone may read. One that its group may read as well, as in a mounted secret, is
/// accepted with a warning in a folder that others cannot write to.
///
/// # Errors
/// [`KeyringError::Exposed`]; [`KeyringError::ExposedFolder`]; [`KeyringError::Io`].
pub(super) fn check(path: &Path, metadata: &Metadata, folder: &Path) -> Result<(), KeyringError> {
    let mode = mode_of(metadata);
    if mode & GROUP_OR_OTHERS == 0 {
        return Ok(());
    }
    if mode & NEVER != 0 {
        return Err(KeyringError::Exposed(path.to_owned(), mode));
    }
    let io = |error| KeyringError::Io(folder.to_owned(), error);
    let folder_mode = mode_of(&std::fs::metadata(folder).map_err(io)?);
    if folder_mode & OTHERS_WRITE != 0 && !is_read_only(folder).map_err(io)? {
        let (key, folder) = (path.to_owned(), folder.to_owned());
        return Err(KeyringError::ExposedFolder { key, folder, mode: folder_mode });
    }
    tracing::warn!(
        event = "key_group_readable",
        file = %path.display(),
        mode = format_args!("{mode:04o}"),
        "the group of this signing key can read it, and so can sign tokens"
    );
    Ok(())
}

/// Secrets are mounted read-only, and their folder has a mode that would let everyone write.
fn is_read_only(folder: &Path) -> std::io::Result<bool> {
    Ok(statvfs(folder)?.f_flag.contains(StatVfsMountFlags::RDONLY))
}

fn mode_of(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o7777
}
