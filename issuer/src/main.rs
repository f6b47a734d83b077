//! The `shelflife` command.

use std::process::ExitCode;

/// Made for many threads that give back what another one took; that of the system costs an exchange a
/// seventh more. Without huge pages, which would make it a little faster and an idle server a half larger.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    shelflife_issuer::cli::main()
}
