//! Writes what a target begins with, one file an input: `seeds TARGET FOLDER`. Without a target, the names of all.

use std::fs;
use std::io::{Error, Result};
use std::path::PathBuf;

use shelflife_fuzz::{TARGETS, seeds, target};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(folder)) = (arguments.next(), arguments.next().map(PathBuf::from)) else {
        for target in TARGETS {
            println!("{}", target.name);
        }
        return Ok(());
    };
    let target = target(&name).ok_or_else(|| Error::other(format!("there is no target `{name}`")))?;
    fs::create_dir_all(&folder)?;
    for (at, seed) in seeds(target.name).iter().enumerate() {
        fs::write(folder.join(format!("vector-{at:04}")), seed)?;
    }
    Ok(())
}
