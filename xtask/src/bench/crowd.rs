//! `cargo xtask bench exchange --clients 1000`: many clients at once, of whom nobody is signed out.

use anyhow::{Context, Result};
use serde_json::Value;

use super::budgets::short;
use super::{folder, program, read};
use crate::durability::Store;
use crate::parts;
use crate::process::{command, run as run_command};

/// Prints what became of them. False when one was signed out or a call failed.
pub(super) fn run(clients: u32, seconds: u32, store: Store) -> Result<bool> {
    let server = parts::issuer()?;
    let program = program()?;
    let folder = folder()?;
    let raw = folder.join("raw/crowd.json");
    let mut crowd = command(program);
    crowd.arg("crowd").arg("--server").arg(server).arg("--place").arg(folder.join("data"));
    crowd.args(["--store", store.name()]);
    crowd.args(["--clients", &clients.to_string(), "--seconds", &seconds.to_string()]);
    run_command(crowd.arg("--out").arg(&raw))?;

    let outcome = read(&raw)?;
    let member = |name: &str| outcome.get(name).with_context(|| format!("{name} is missing"));
    let count = |name: &str| member(name)?.as_u64().with_context(|| format!("{name} is not a count"));
    let number = |name: &str| member(name)?.as_f64().with_context(|| format!("{name} is not a number"));
    let (exchanges, signed_out, errors) = (count("exchanges")?, count("signed_out")?, count("errors")?);
    println!(
        "\n{} clients for {} s: {exchanges} exchanges ({} a second), {} of them made twice with the same successor.",
        count("clients")?,
        short(number("seconds")?),
        short(exchanges as f64 / number("seconds")?),
        count("repeated")?,
    );
    println!(
        "p50 {} ms, p99 {} ms, slowest {} ms.",
        short(number("p50")?),
        short(number("p99")?),
        short(number("slowest")?)
    );
    println!("{signed_out} signed out, {errors} errors");
    let first = member("first_errors")?.as_array();
    for error in first.into_iter().flatten().filter_map(Value::as_str) {
        println!("  {error}");
    }
    Ok(exchanges > 0 && signed_out == 0 && errors == 0)
}
