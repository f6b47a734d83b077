//! The `shelflife` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    shelflife_issuer::cli::main()
}
