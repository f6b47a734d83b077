//! Writes the generated files of `tests/vectors`, or with `--check` says where they differ. `cargo xtask vectors` runs it.

use std::fs;
use std::io::Result;
use std::path::Path;
use std::process::ExitCode;

use shelflife_tests::vectors;

fn main() -> Result<ExitCode> {
    let check = std::env::args().any(|argument| argument == "--check");
    let differences = vectors::differences()?;
    for (path, wanted) in &differences {
        let shown = path.display();
        match wanted {
            Some(_) if check => println!("{shown}: not what the generator writes"),
            None if check => println!("{shown}: the generator does not write it"),
            Some(text) => {
                fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
                fs::write(path, text)?;
            }
            None => fs::remove_file(path)?,
        }
    }
    let what = if check { "differ" } else { "written or removed" };
    println!("{} files, {} {what}", vectors::files().len(), differences.len());
    Ok(if check && !differences.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
