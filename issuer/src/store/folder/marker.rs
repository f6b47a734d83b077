//! `store.json`: says outside the store that the store exists, which engine it has and which one it is.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::write_private_file;
use crate::store::engine::EngineKind;

pub(super) const MARKER: &str = "store.json";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) kind: EngineKind,
    pub(super) id: String,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    engine: String,
    id: String,
}

/// What lies at the marker's place.
pub(super) enum Found {
    Nothing,
    Unreadable,
    Marker(Marker),
}

pub(super) fn read(data: &Path) -> io::Result<Found> {
    let bytes = match std::fs::read(data.join(MARKER)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let written = serde_json::from_slice::<Written>(&bytes).ok().filter(|written| written.format == 1);
    let marker = written
        .and_then(|written| Some(Marker { kind: EngineKind::named(&written.engine)?, id: written.id }));
    Ok(marker.map_or(Found::Unreadable, Found::Marker))
}

pub(super) fn write(data: &Path, marker: Marker) -> io::Result<()> {
    let written = Written { format: 1, engine: marker.kind.name().to_owned(), id: marker.id };
    let bytes = serde_json::to_vec(&written).map_err(io::Error::other)?;
    write_private_file(data, MARKER, &bytes)
}
