//! What a wasm file is made of, by the names that the compiler gave its functions.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, Result};
use wasmparser::{BinaryReader, KnownCustom, Name, Parser, Payload, TypeRef};

/// Functions that are named one by one; the rest is in the sums.
const LARGEST: usize = 30;

/// Prints the sections, the crates and the largest functions of a module that still has its names.
pub(super) fn print(path: &Path) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let module = read(&bytes)?;
    println!("{:<28}{:>10}", "section", "bytes");
    for (name, bytes) in &module.sections {
        println!("{name:<28}{bytes:>10}");
    }
    let mut crates: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, bytes) in &module.functions {
        *crates.entry(crate_of(name)).or_default() += bytes;
    }
    let mut crates: Vec<_> = crates.into_iter().collect();
    crates.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    println!("\n{:<28}{:>10}", "code by crate", "bytes");
    for (name, bytes) in crates {
        println!("{name:<28}{bytes:>10}");
    }
    println!("\n{} functions; the largest:", module.functions.len());
    for (name, bytes) in module.functions.iter().take(LARGEST) {
        println!("{bytes:>10}  {name}");
    }
    Ok(())
}

struct Module {
    sections: Vec<(&'static str, u64)>,
    /// The largest first.
    functions: Vec<(String, u64)>,
}

fn read(bytes: &[u8]) -> Result<Module> {
    let mut sections = Vec::new();
    let mut imported = 0_u32;
    let mut bodies = Vec::new();
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(reader) => {
                sections.push(("imports", reader.range().len() as u64));
                for import in reader.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::ExportSection(reader) => sections.push(("exports", reader.range().len() as u64)),
            Payload::CodeSectionStart { range, .. } => sections.push(("code", range.len() as u64)),
            Payload::DataSection(reader) => sections.push(("data", reader.range().len() as u64)),
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len() as u64),
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(_) = custom.as_known() {
                    let reader = BinaryReader::new(custom.data(), custom.data_offset());
                    names = function_names(reader)?;
                }
            }
            _ => {}
        }
    }
    let name_of = |index: u32| names.get(&index).cloned().unwrap_or_else(|| format!("function {index}"));
    let mut functions: Vec<_> = (imported..).map(name_of).zip(bodies).collect();
    functions.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    Ok(Module { sections, functions })
}

fn function_names(reader: BinaryReader<'_>) -> Result<HashMap<u32, String>> {
    let mut names = HashMap::new();
    for part in wasmparser::NameSectionReader::new(reader) {
        if let Name::Function(functions) = part? {
            for named in functions {
                let named = named?;
                names.insert(named.index, format!("{:#}", rustc_demangle::demangle(named.name)));
            }
        }
    }
    Ok(names)
}

/// The crate a function comes from: the first segment of the first path in its name.
fn crate_of(name: &str) -> &str {
    let Some((before, _)) = name.split_once("::") else { return "(other)" };
    // Newer names carry a number: `core[0123456789abcdef]::str`.
    let before = before.rsplit_once('[').filter(|_| before.ends_with(']')).map_or(before, |(name, _)| name);
    let start = before.rfind(|it: char| !it.is_alphanumeric() && it != '_').map_or(0, |at| at + 1);
    before.get(start..).unwrap_or(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_belongs_to_the_crate_its_name_begins_with() {
        assert_eq!(crate_of("shelflife_curve::comb::Comb<F>::grow"), "shelflife_curve");
        assert_eq!(crate_of("<sha2::Sha512 as digest::Digest>::finalize"), "sha2");
        assert_eq!(crate_of("<&core::fmt::Arguments as Display>::fmt"), "core");
        assert_eq!(crate_of("<dlmalloc[0123456789abcdef]::sys::System>::free"), "dlmalloc");
        assert_eq!(crate_of("verifier_verify"), "(other)");
    }

    #[test]
    fn sections_and_functions_of_a_module_are_weighed() {
        // One import, one function of its own that is named `f`, whose body is `local.get 0; drop; end`.
        let module = [
            b"\0asm\x01\0\0\0".as_slice(),
            b"\x01\x05\x01\x60\x01\x7f\x00",
            b"\x02\x07\x01\x01m\x01i\x00\x00",
            b"\x03\x02\x01\x00",
            b"\x0a\x07\x01\x05\x00\x20\x00\x1a\x0b",
            b"\x00\x0b\x04name\x01\x04\x01\x01\x01f",
        ]
        .concat();
        let Module { sections, functions } = read(&module).unwrap();
        assert_eq!(sections, [("imports", 7), ("code", 7)]);
        assert_eq!(functions, [("f".to_owned(), 5)]);
    }
}
