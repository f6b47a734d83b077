//! `cargo xtask bench revocation`: what a list of 100,000 revoked sessions costs.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::budgets::{self, LIST_BYTES, LISTED_DISTINCT, LISTED_NATIVE, LISTED_SEEN, Line, short};
use super::series::Series;
use super::{Options, folder, program, read, table, write};
use crate::process::{command, run as run_command};
use crate::{npm, repo, wasm};

const SESSIONS: &str = "100000";

pub(super) fn run(options: &Options) -> Result<Vec<Line>> {
    npm::ensure()?;
    wasm::build(wasm::Std::Auto, false)?;
    let raw = folder()?.join("raw");
    let rounds = if options.quick { "15" } else { "101" };
    let (world, native, node) =
        (raw.join("world.json"), raw.join("listed.json"), raw.join("listed-node.json"));
    let mut measure = command(program()?);
    measure.args(["revocation", "--sessions", SESSIONS, "--rounds", rounds, "--world"]).arg(&world);
    run_command(measure.arg("--out").arg(&native))?;
    let mut script = command("node");
    script.arg(repo::path("bench/js/revocation.mjs")).arg(&world).arg(rounds).arg(&node);
    run_command(&mut script)?;
    let measured = json!({ "native": read(&native)?, "node": read(&node)? });
    let lines = print(&measured)?;
    println!();
    budgets::print(&lines);
    write("revocation.json", options.quick, measured, &lines)?;
    Ok(lines)
}

fn print(measured: &Value) -> Result<Vec<Line>> {
    let number = |path: &str| {
        measured.pointer(path).and_then(Value::as_f64).with_context(|| format!("{path} was not measured"))
    };
    let series = |path: &str| Series::read(measured.pointer(path).unwrap_or(&Value::Null), path);
    let micros = |path: &str| series(path).map(|series| series.spread().median);
    let (plain, gzip) = (number("/node/bytes/plain")?, number("/node/bytes/gzip")?);
    let entries = number("/node/entries")?;
    println!(
        "\n{entries} revoked sessions: {plain} bytes, {gzip} with gzip -9, {} and {} a session.",
        short(plain / entries),
        short(gzip / entries)
    );
    let row = |name: &str, at: &str, memory: f64| -> Result<Vec<String>> {
        let mut row =
            vec![name.to_owned(), short(micros(&format!("{at}/take"))? / 1000.0), short(memory / 1024.0)];
        for kind in ["distinct", "seen"] {
            for which in ["without", "with"] {
                row.push(short(micros(&format!("{at}/{kind}/{which}"))?));
            }
        }
        Ok(row)
    };
    let head = ["where", "ms to take over", "KiB then", "us distinct", "with list", "us seen", "with list"];
    table::print(
        &head,
        &[
            row("native Rust", "/native", number("/native/resident")?)?,
            row("wasm in Node", "/node", number("/node/memory")?)?,
        ],
    );
    let more = |budget: budgets::Budget, at: &str| -> Result<Line> {
        let ratio = series(&format!("{at}/without"))?.under(&series(&format!("{at}/with"))?).spread();
        let percent = |ratio: f64| (ratio - 1.0) * 100.0;
        Ok(budget.line(percent(ratio.median)).between(percent(ratio.q1), percent(ratio.q3)))
    };
    Ok(vec![
        LIST_BYTES.line(plain / entries),
        more(LISTED_DISTINCT, "/node/distinct")?,
        more(LISTED_SEEN, "/node/seen")?,
        more(LISTED_NATIVE, "/native/distinct")?,
    ])
}
