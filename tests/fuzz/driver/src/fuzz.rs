//! One target, run by libFuzzer; `SHELFLIFE_FUZZ_TARGET` says which.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use shelflife_fuzz::{Target, target};

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("SHELFLIFE_FUZZ_TARGET").unwrap_or_default();
        let _ = TARGET.set(target(&name).expect("SHELFLIFE_FUZZ_TARGET names no target"));
    },
    |data: &[u8]| (TARGET.get().expect("init ran").run)(data)
);
