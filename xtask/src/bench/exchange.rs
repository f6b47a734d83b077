//! `cargo xtask bench exchange`: the issuer under load.

use anyhow::{Context, Result};
use serde_json::Value;

use super::budgets::{self, DISK, EXCHANGE, LATENCY, Line, MEMORY, short};
use super::series::Spread;
use super::{Options, folder, program, read, table, write};
use crate::parts;
use crate::process::{command, run as run_command};

/// The number of connections the budgets speak of.
const JUDGED: u64 = 64;
/// The number of live sessions the budgets speak of.
const MANY: u64 = 100_000;
const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn run(options: &Options) -> Result<Vec<Line>> {
    let server = parts::issuer()?;
    let program = program()?;
    let folder = folder()?;
    let (rounds, round_ms, live, on_disk) =
        if options.quick { ("3", "400", 5_000, 3_000) } else { ("9", "1500", 100_000, 10_000) };
    let raw = folder.join("raw/exchange.json");
    let mut measure = command(program);
    measure.arg("exchange").arg("--server").arg(server).arg("--place").arg(folder.join("data"));
    measure.args(["--store", options.store.name()]);
    measure.args(["--rounds", rounds, "--round-ms", round_ms]);
    measure.args(["--live", &options.live.unwrap_or(live).to_string()]);
    measure.args(["--on-disk", &options.on_disk.unwrap_or(on_disk).to_string()]);
    run_command(measure.arg("--out").arg(&raw))?;

    let measured = read(&raw)?;
    print_levels(&measured)?;
    print_flushes(&measured)?;
    let lines = judge(&measured)?;
    println!();
    budgets::print(&lines);
    write("exchange.json", options.quick, measured, &lines)?;
    Ok(lines)
}

fn print_levels(measured: &Value) -> Result<()> {
    let cores = integer(measured, "/machine/cores")?;
    let threads = integer(measured, "/machine/client_threads")?;
    let sync = Spread::read(pointer(measured, "/machine/fdatasync")?, "fdatasync")?;
    println!(
        "\nExchanges over HTTP, each durable before it is answered, beside /healthz of the same server."
    );
    println!(
        "Server and load generator ({threads} thread(s)) share {cores} cores. 4 KiB and an fdatasync on this disk: {} ms.\n",
        short(sync.median)
    );
    let head = [
        "connections",
        "/healthz a s",
        "exchanges a s",
        "ratio",
        "middle half",
        "p50 ms",
        "p99 ms",
        "slowest",
        "cores: server",
        "client",
        "server, /healthz",
        "client",
    ];
    let rows: Vec<Vec<String>> = levels(measured)?.iter().map(level_cells).collect::<Result<_>>()?;
    table::print(&head, &rows);
    Ok(())
}

fn level_cells(level: &Value) -> Result<Vec<String>> {
    let spread = |name: &str| Spread::read(pointer(level, name)?, name);
    let ratio = spread("/ratio")?.times(100.0);
    let mut cells = vec![
        integer(level, "/connections")?.to_string(),
        short(spread("/healthz")?.median),
        short(spread("/exchange")?.median),
        format!("{} %", short(ratio.median)),
        format!("{}..{}", short(ratio.q1), short(ratio.q3)),
    ];
    for name in [
        "/p50",
        "/p99",
        "/slowest",
        "/exchange_cores/0",
        "/exchange_cores/1",
        "/healthz_cores/0",
        "/healthz_cores/1",
    ] {
        cells.push(short(number(level, name)?));
    }
    Ok(cells)
}

fn print_flushes(measured: &Value) -> Result<()> {
    println!();
    if let Some(why) = measured.pointer("/flushes/missing").and_then(Value::as_str) {
        println!("Flushes were not counted: {why}.");
        return Ok(());
    }
    println!("Flushes, counted in a run of its own, because a server that is watched is slower:");
    let counted = pointer(measured, "/flushes/counted")?.as_array().context("no flushes")?;
    let cells = |it: &Value| {
        let (exchanges, flushes) = (number(it, "/exchanges")?, number(it, "/flushes")?);
        let connections = integer(it, "/connections")?.to_string();
        Ok(vec![connections, short(exchanges), short(flushes), short(flushes / exchanges)])
    };
    let rows: Vec<Vec<String>> = counted.iter().map(cells).collect::<Result<_>>()?;
    table::print(&["connections", "exchanges", "flushes", "flushes an exchange"], &rows);
    Ok(())
}

fn judge(measured: &Value) -> Result<Vec<Line>> {
    let level = levels(measured)?
        .iter()
        .find(|level| integer(level, "/connections").ok() == Some(JUDGED))
        .context("the number of connections that is judged was not measured")?;
    let ratio = Spread::read(pointer(level, "/ratio")?, "ratio")?.times(100.0);
    let memory = |name: &str| number(measured, name).map(|bytes| bytes / MIB);
    let most = memory("/memory/opened")?.max(memory("/memory/exchanged")?);
    let (live, on_disk) = (integer(measured, "/memory/sessions")?, integer(measured, "/disk/sessions")?);
    let each = number(measured, "/disk/bytes")? / on_disk as f64;
    let scaled = |count: u64| if count < MANY { format!("with {count} sessions") } else { String::new() };
    let fresh = memory("/memory/fresh")?;
    Ok(vec![
        EXCHANGE.line(ratio.median).between(ratio.q1, ratio.q3),
        LATENCY.line(number(level, "/p99")?),
        MEMORY
            .line(most)
            .note(format!("{} {} MiB before the first", scaled(live), short(fresh)).trim().to_owned()),
        DISK.line(each).note(scaled(on_disk)),
    ])
}

fn levels(measured: &Value) -> Result<&Vec<Value>> {
    pointer(measured, "/levels")?.as_array().context("no levels")
}

fn pointer<'a>(value: &'a Value, path: &str) -> Result<&'a Value> {
    value.pointer(path).with_context(|| format!("{path} was not measured"))
}

fn number(value: &Value, path: &str) -> Result<f64> {
    pointer(value, path)?.as_f64().with_context(|| format!("{path} is not a number"))
}

fn integer(value: &Value, path: &str) -> Result<u64> {
    pointer(value, path)?.as_u64().with_context(|| format!("{path} is not a count"))
}
