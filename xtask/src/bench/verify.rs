//! `cargo xtask bench verify`: the verifier in Node, in workerd and native, its start and its size.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::budgets::{
    self, COLD, EDGE_SIZE, HEAVY, HEAVY_IN_NODE, Line, NATIVE, NODE, SEEN, WASM_SIZE, WORKERD, short,
};
use super::series::{Series, Spread};
use super::{Options, folder, plot, program, read, table, write};
use crate::process::{command, run as run_command};
use crate::{npm, repo, tools, wasm};

/// What everybody is held against in JavaScript, and natively.
const JOSE: &str = "jose";
const STOCK: &str = "dalek verify_strict, signature alone";
const OURS: &str = "ours";
const OURS_SEEN: &str = "ours, seen before";
/// Among the costly tokens: what they are held against, and how those begin that need no key of the issuer.
const NORMAL: &str = "a normal token";
const FORGED: &str = "forged";
const KIB: f64 = 1024.0;

/// More than the verifier remembers, several times over: no token is seen before it counts as distinct.
const TOKENS: &str = "6000";

pub(super) fn run(options: &Options) -> Result<Vec<Line>> {
    npm::ensure()?;
    wasm::build(wasm::Std::Auto, false)?;
    let stock = wasm::module("shelflife-bench-stock-wasm", "stock")?;
    let program = program()?;
    let folder = folder()?;
    let raw = |name: &str| folder.join("raw").join(name);
    let (rounds, processes) = if options.quick { ("5", "5") } else { ("31", "20") };

    let tokens = raw("tokens.json");
    run_command(command(&program).args(["tokens", "--count", TOKENS, "--out"]).arg(&tokens))?;
    let mut native = command(&program);
    native.args(["native", "--rounds", rounds, "--tokens"]).arg(&tokens).arg("--out").arg(raw("native.json"));
    run_command(&mut native)?;
    run_command(command(&program).args(["heavy", "--rounds", rounds, "--out"]).arg(raw("heavy.json")))?;
    let script = |name: &str| {
        let mut node = command("node");
        node.arg(repo::path("bench/js").join(name)).arg(&tokens);
        node
    };
    run_command(script("node.mjs").arg(&stock).arg(rounds).arg(raw("node.json")))?;
    let worker = folder.join("worker");
    run_command(script("workerd.mjs").arg(&stock).arg(worker).arg(rounds).arg(raw("workerd.json")))?;
    let mut heavy = command("node");
    run_command(heavy.arg(repo::path("bench/js/heavy.mjs")).arg(rounds).arg(raw("heavy-node.json")))?;
    run_command(script("start.mjs").arg(processes).arg(raw("start.json")))?;

    let bytes = read(&tokens)?.get("bytes").and_then(Value::as_u64).context("no length of the tokens")?;
    let measured = json!({
        "token_bytes": bytes,
        "native": read(&raw("native.json"))?,
        "heavy": read(&raw("heavy.json"))?,
        "node": read(&raw("node.json"))?,
        "workerd": read(&raw("workerd.json"))?,
        "heavy_in_node": read(&raw("heavy-node.json"))?,
        "start": read(&raw("start.json"))?,
        "sizes": sizes()?,
    });
    ensure_distinct(&measured)?;
    let lines = print(&measured, bytes)?;
    println!();
    budgets::print(&lines);
    plot::write(&folder.join("verify.svg"), &bars(&measured)?)?;
    write("verify.json", options.quick, measured, &lines)?;
    Ok(lines)
}

/// A token that was recognised where all were to be distinct would make us look faster than we are.
fn ensure_distinct(measured: &Value) -> Result<()> {
    for runtime in ["/node", "/workerd"] {
        let statistics = pointer(measured, &format!("{runtime}/statistics"))?;
        let (hits, misses) = (number(statistics, "/hits")?, number(statistics, "/misses")?);
        ensure!(hits < misses / 1000.0, "{runtime}: {hits} tokens of {misses} were not distinct");
    }
    Ok(())
}

fn print(measured: &Value, bytes: u64) -> Result<Vec<Line>> {
    let node = Runtime::read(measured, "/node")?;
    let workerd = Runtime::read(measured, "/workerd")?;
    let native = Runtime::read(measured, "/native")?;
    for (runtime, reference) in [(&node, JOSE), (&workerd, JOSE), (&native, STOCK)] {
        println!("\n{}, tokens of {bytes} bytes; every round has a turn of each", runtime.name);
        table::print(
            &["who", "us a token", "middle half", "tokens a s", "CPU us", reference],
            &runtime.rows(reference)?,
        );
    }
    let heavy = Runtime::read(measured, "/heavy_in_node")?;
    println!("\n{}, tokens made to be costly, up to the limit of 8 KiB, ours alone", heavy.name);
    table::print(
        &["what", "us a token", "middle half", "tokens a s", "CPU us", "costs"],
        &heavy.costs(NORMAL)?,
    );
    let start = |name: &str| Series::read(pointer(measured, name)?, name).map(|series| series.spread());
    let (ours, jose, tables) = (start("/start/ours")?, start("/start/jose")?, start("/start/tables")?);
    println!(
        "\nFirst verdict in a fresh Node process, loading included: ours {} ms ({}..{}), jose {} ms ({}..{}).",
        short(ours.median),
        short(ours.q1),
        short(ours.q3),
        short(jose.median),
        short(jose.q1),
        short(jose.q3)
    );
    let further = Spread::read(pointer(measured, "/native/further_table")?, "tables")?;
    println!(
        "Tables of the first busy key: {} ms in Node, {} ms native; of a further one: {} ms native.",
        short(tables.median),
        short(number(measured, "/native/first_table")? / 1000.0),
        short(further.median / 1000.0)
    );
    print_sizes(measured)?;
    let costliest = print_heavy(measured)?;
    Ok(vec![
        HEAVY.line(costliest.median).between(costliest.q1, costliest.q3),
        node.line(NODE, OURS, JOSE)?,
        workerd.line(WORKERD, OURS, JOSE)?,
        node.line(SEEN, OURS_SEEN, JOSE)?,
        native.line(NATIVE, OURS, STOCK)?.note("whole token against signature alone"),
        heavy.costliest(FORGED, NORMAL)?,
        WASM_SIZE.line(size(measured, "verifier.wasm", "gzip")? / KIB),
        EDGE_SIZE
            .line((size(measured, "verifier.wasm", "gzip")? + size(measured, "workerd.js", "gzip")?) / KIB),
        COLD.line(ours.median).between(ours.q1, ours.q3),
    ])
}

/// How many times an ordinary token the costliest ones take, and what the largest key set does; gives back the worst.
fn print_heavy(measured: &Value) -> Result<Spread> {
    let series = |path: &str| Series::read(pointer(measured, path)?, path);
    let ordinary = series("/heavy/ordinary")?;
    let inputs = pointer(measured, "/heavy/inputs")?.as_object().context("no costly inputs")?;
    let ratio = |(name, wall): (&String, &Value)| {
        Ok((name.clone(), ordinary.under(&Series::read(wall, name)?).spread()))
    };
    let mut ratios = inputs.iter().map(ratio).collect::<Result<Vec<_>>>()?;
    let worst =
        ratios.iter().map(|(_, spread)| *spread).max_by(|one, other| one.median.total_cmp(&other.median));
    ratios.push((
        "(a key set of 64 keys in 64 KiB, against 64 of one key)".to_owned(),
        series("/heavy/small_sets")?.under(&series("/heavy/large_set")?).spread(),
    ));
    ratios.sort_by(|(_, one), (_, other)| other.median.total_cmp(&one.median));
    println!("\nCostly inputs, native, against an ordinary token of {} us:", short(ordinary.spread().median));
    let cells = |(name, spread): &(String, Spread)| {
        let Spread { q1, median, q3 } = spread;
        vec![name.clone(), format!("{} times", short(*median)), format!("{}..{}", short(*q1), short(*q3))]
    };
    table::print(&["input", "costs", "middle half"], &ratios.iter().map(cells).collect::<Vec<_>>());
    worst.context("no costly inputs")
}

/// What one runtime gave: for each contestant microseconds by round.
struct Runtime {
    name: String,
    contestants: Vec<(String, Series, Option<Series>)>,
}

impl Runtime {
    fn read(measured: &Value, path: &str) -> Result<Runtime> {
        let runtime = pointer(measured, path)?;
        let name =
            runtime.get("runtime").and_then(Value::as_str).unwrap_or("native Rust, one thread").to_owned();
        let results =
            runtime.get("results").and_then(Value::as_object).with_context(|| format!("no {path}"))?;
        let read = results.iter().map(|(name, result)| -> Result<_> {
            let cpu = result.get("cpu").map(|cpu| Series::read(cpu, name)).transpose()?;
            Ok((name.clone(), Series::read(result.get("wall").unwrap_or(&Value::Null), name)?, cpu))
        });
        let mut contestants = read.collect::<Result<Vec<_>>>()?;
        // The fastest first.
        contestants
            .sort_by(|(_, one, _), (_, other, _)| one.spread().median.total_cmp(&other.spread().median));
        Ok(Runtime { name, contestants })
    }

    fn series(&self, wanted: &str) -> Result<&Series> {
        let found = self.contestants.iter().find(|(name, ..)| name == wanted);
        found.map(|(_, wall, _)| wall).with_context(|| format!("{wanted} was not measured in {}", self.name))
    }

    fn ratio(&self, who: &str, against: &str) -> Result<Spread> {
        Ok(self.series(who)?.under(self.series(against)?).spread())
    }

    fn line(&self, budget: budgets::Budget, who: &str, against: &str) -> Result<Line> {
        let ratio = self.ratio(who, against)?;
        Ok(budget.line(ratio.median).between(ratio.q1, ratio.q3))
    }

    /// How often as much as a `normal` one the costliest token takes whose name begins like that.
    fn costliest(&self, beginning: &str, normal: &str) -> Result<Line> {
        let such = self.contestants.iter().filter(|(name, ..)| name.starts_with(beginning));
        let costs = such.map(|(name, ..)| self.ratio(normal, name)).collect::<Result<Vec<_>>>()?;
        let worst = costs.into_iter().max_by(|one, other| one.median.total_cmp(&other.median));
        let worst = worst.with_context(|| format!("nothing {beginning} was measured"))?;
        Ok(HEAVY_IN_NODE.line(worst.median).between(worst.q1, worst.q3))
    }

    /// How often as fast as the reference everybody is.
    fn rows(&self, reference: &str) -> Result<Vec<Vec<String>>> {
        self.table(|name| self.ratio(name, reference))
    }

    /// How often as much as the reference everything costs.
    fn costs(&self, reference: &str) -> Result<Vec<Vec<String>>> {
        self.table(|name| self.ratio(reference, name))
    }

    fn table(&self, ratio: impl Fn(&str) -> Result<Spread>) -> Result<Vec<Vec<String>>> {
        let row = |(name, wall, cpu): &(String, Series, Option<Series>)| {
            let Spread { q1, median, q3 } = wall.spread();
            let ratio = ratio(name)?;
            let cpu = cpu.as_ref().map_or(String::new(), |cpu| short(cpu.spread().median));
            let ratio = format!("{} times ({}..{})", short(ratio.median), short(ratio.q1), short(ratio.q3));
            let between = format!("{}..{}", short(q1), short(q3));
            Ok(vec![name.clone(), short(median), between, short(1e6 / median), cpu, ratio])
        };
        self.contestants.iter().map(row).collect()
    }
}

/// How much faster everybody is than jose, for looking at.
fn bars(measured: &Value) -> Result<Vec<plot::Group>> {
    let group = |path: &str, reference: &str| -> Result<plot::Group> {
        let runtime = Runtime::read(measured, path)?;
        let bars =
            runtime.contestants.iter().map(|(name, ..)| Ok((name.clone(), runtime.ratio(name, reference)?)));
        let bars = bars.collect::<Result<Vec<_>>>()?;
        Ok(plot::Group { title: format!("{}: times as fast as {reference}", runtime.name), bars })
    };
    Ok(vec![group("/node", JOSE)?, group("/workerd", JOSE)?, group("/native", STOCK)?])
}

fn sizes() -> Result<Value> {
    let dist = Path::new("verifier-wasm/js/dist");
    let mut sizes = serde_json::Map::new();
    for name in ["verifier.wasm", "workerd.js", "browser.js", "plain.js", "index.js", "session.js"] {
        let (raw, gzip) = tools::sizes(&repo::root().join(dist).join(name))?;
        sizes.insert(name.to_owned(), json!({ "raw": raw, "gzip": gzip }));
    }
    Ok(Value::Object(sizes))
}

fn print_sizes(measured: &Value) -> Result<()> {
    println!();
    let cells = |name: &str| {
        let (raw, gzip) = (size(measured, name, "raw")?, size(measured, name, "gzip")?);
        Ok(vec![name.to_owned(), format!("{raw}"), format!("{gzip}")])
    };
    let names = ["verifier.wasm", "workerd.js", "browser.js", "plain.js", "index.js", "session.js"];
    let rows: Vec<Vec<String>> = names.into_iter().map(cells).collect::<Result<_>>()?;
    table::print(&["file", "bytes", "gzip -9"], &rows);
    Ok(())
}

fn size(measured: &Value, name: &str, how: &str) -> Result<f64> {
    let size = measured.get("sizes").and_then(|sizes| sizes.get(name)?.get(how)?.as_f64());
    size.with_context(|| format!("{name} was not weighed"))
}

fn pointer<'a>(value: &'a Value, path: &str) -> Result<&'a Value> {
    value.pointer(path).with_context(|| format!("{path} was not measured"))
}

fn number(value: &Value, path: &str) -> Result<f64> {
    pointer(value, path)?.as_f64().with_context(|| format!("{path} is not a number"))
}
