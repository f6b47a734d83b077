//! Prints the codes of the token crate, one a line: code, action and description between tabs; those of lists of
//! revocations have no action. `cargo xtask codes` makes TypeScript of it.

use shelflife_token::{Code, RevocationCode};

fn main() {
    for code in Code::ALL {
        println!("{}\t{}\t{}", code.as_str(), code.action().as_str(), code.description());
    }
    for code in RevocationCode::ALL {
        println!("{}\t\t{}", code.as_str(), code.description());
    }
}
