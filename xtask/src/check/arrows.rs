//! The one-way arrows of this repository, in one place. ARCHITECTURE.md draws them.

/// A crate and the crates of this workspace it may depend on. A crate that is not listed may depend on all of them, and
/// nothing may depend on it.
pub(super) const CRATES: [(&str, &[&str]); 4] = [
    ("shelflife-curve", &[]),
    ("shelflife-token", &["shelflife-curve"]),
    ("shelflife-issuer", &["shelflife-token"]),
    ("shelflife-verifier-wasm", &["shelflife-token"]),
];

/// What must never be in the wasm build: what needs a socket, a disk, a runtime, or is too large for the edge.
pub(super) const NOT_IN_WASM: [&str; 14] = [
    "tokio",
    "sled",
    "axum",
    "axum-core",
    "http",
    "tower-layer",
    "tower-service",
    "hyper",
    "jwt-compact",
    "serde_json",
    "reqwest",
    "rand",
    "argon2",
    "openssl",
];

/// A folder or file right below `issuer/src`, and what it may not name.
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// Other layers, as in `crate::http`.
    pub(super) layers: &'static [&'static str],
    /// Paths of other crates.
    pub(super) paths: &'static [&'static str],
}

/// main -> cli -> server -> http -> domain -> store; domain -> keyring -> token.
pub(super) const ISSUER: [Layer; 5] = [
    Layer {
        name: "store",
        layers: &["domain", "keyring", "http", "server", "cli", "clock", "chance", "config", "settings"],
        paths: &["axum", "hyper", "tokio::net", "shelflife_token"],
    },
    Layer {
        name: "keyring",
        layers: &["domain", "http", "server", "cli", "clock", "config", "settings"],
        paths: &["axum", "hyper", "tokio::net", "sled"],
    },
    // Decides, and is handed the moment and the randomness: a clock in here would be a second opinion about the time.
    Layer {
        name: "domain",
        layers: &["http", "server", "cli", "clock", "chance", "config", "settings"],
        paths: &[
            "axum",
            "hyper",
            "tokio::net",
            "sled",
            "std::fs",
            "SystemTime",
            "std::time::Instant",
            "getrandom",
            "rand",
        ],
    },
    // Translates: what it needs to know of the store, domain tells it.
    Layer { name: "http", layers: &["store", "keyring", "server", "cli"], paths: &["sled"] },
    Layer { name: "server", layers: &["cli"], paths: &["sled"] },
];

/// The one file of the token crate that may read the clock: behind the feature `axum`, for backends.
pub(super) const CLOCK_IN_TOKEN: &str = "token/src/guard/clock.rs";

/// The token crate has no clock, no files, no network and no chance in it: that is what makes it run everywhere alike.
pub(super) const NOT_IN_TOKEN: [&str; 9] = [
    "std::time",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "getrandom",
    "rand",
    "rand_core",
    "SystemTime",
];
