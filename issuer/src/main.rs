//! The `shelflife` command.

use std::process::ExitCode;

/// Made for many threads that give back what another one took; that of the system costs an exchange a fifth more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    shelflife_issuer::cli::main()
}
