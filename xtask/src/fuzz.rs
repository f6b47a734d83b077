//! `cargo xtask fuzz` and `cargo xtask differential`: going on looking for inputs on which the verifier errs.
//!
//! libFuzzer is linked in and guided by coverage. Stable rustc can instrument for it: the pass is LLVM's own, and there is
//! no unsafe code of ours for which a sanitizer would have to watch the memory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process::{ask, cargo, command, output, run, say, shown};
use crate::repo;

/// What tells the fuzzer which edges of the program an input took, and what it was compared with.
const INSTRUMENTED: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Bytes of an input, at most; a token may have twice as many, but what is wrong with those is wrong with shorter ones.
const LONGEST: &str = "-max_len=4096";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One target; without it, every one has its turn
    target: Option<String>,
    /// How long each target is fuzzed
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Take into tests/fuzz/corpus the inputs that reach what nothing there reaches yet
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Differential {
    /// How many signatures
    #[arg(long, default_value_t = 2_000_000)]
    cases: u64,
    /// The cases of an earlier run again; every run says its seed
    #[arg(long)]
    seed: Option<u64>,
}

/// Where the runs of one target leave things: below `target/`, and only what is worth it goes into the repository.
struct Places {
    seeds: PathBuf,
    work: PathBuf,
    findings: PathBuf,
    corpus: PathBuf,
}

impl Places {
    fn of(target: &str) -> Result<Places> {
        let folder = |name: &str| repo::target_dir().join("fuzz").join(name).join(target);
        let places = Places {
            seeds: folder("seeds"),
            work: folder("work"),
            findings: folder("findings"),
            corpus: repo::path("tests/fuzz/corpus").join(target),
        };
        for folder in [&places.seeds, &places.work, &places.findings, &places.corpus] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(places)
    }
}

/// Fuzzes; true when nothing was found.
pub(crate) fn run_targets(options: &Options) -> Result<bool> {
    if ask("c++", &["--version"]).is_none() {
        bail!(
            "libFuzzer is C++, and there is no compiler `c++` here: apt-get install g++ (or what your system calls it). \
             The corpus is replayed without it: cargo test -p shelflife-fuzz"
        );
    }
    let known = output(&mut seeds(&[]))?;
    let known: Vec<&str> = known.lines().collect();
    let targets: Vec<&str> = match options.target.as_deref() {
        Some(one) if known.contains(&one) => vec![one],
        Some(other) => bail!("there is no target `{other}`; there are {}", known.join(", ")),
        None => known,
    };
    let fuzzer = build()?;
    let mut fine = true;
    for target in targets {
        fine &= fuzz(&fuzzer, target, options)?;
    }
    Ok(fine)
}

fn seeds(arguments: &[&str]) -> std::process::Command {
    let mut seeds = cargo();
    seeds.args(["run", "--quiet", "--package", "shelflife-fuzz", "--bin", "seeds", "--"]).args(arguments);
    seeds
}

/// Built for a target that is named, so that build scripts and macros are not instrumented.
fn build() -> Result<PathBuf> {
    let host =
        ask("rustc", &["--print", "host-tuple"]).context("`rustc` does not say what it compiles for")?;
    let folder = repo::target_dir().join("fuzz").join("build");
    let mut build = cargo();
    build
        .args(["build", "--release", "--manifest-path", "tests/fuzz/driver/Cargo.toml", "--target", &host])
        .env("CARGO_TARGET_DIR", &folder)
        .env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTED.join("\u{1f}"));
    run(&mut build)?;
    Ok(folder.join(host).join("release").join("fuzz"))
}

fn fuzz(fuzzer: &Path, target: &str, options: &Options) -> Result<bool> {
    let places = Places::of(target)?;
    run(&mut seeds(&[target, &places.seeds.to_string_lossy()]))?;
    let libfuzzer = || {
        let mut fuzz = command(fuzzer);
        fuzz.env("SHELFLIFE_FUZZ_TARGET", target).arg(LONGEST);
        fuzz
    };
    let mut fuzz = libfuzzer();
    fuzz.arg(format!("-max_total_time={}", options.seconds))
        .args(["-timeout=10", "-print_final_stats=1", "-verbosity=0"])
        .arg(format!("-dict={}", repo::path("tests/fuzz/words.dict").display()))
        .arg(format!("-artifact_prefix={}/", places.findings.display()))
        .args([&places.work, &places.corpus, &places.seeds]);
    say!("{}", shown(&fuzz));
    if !fuzz.status().with_context(|| format!("cannot start `{}`", fuzzer.display()))?.success() {
        println!("{target}: found something, see above; the input is in {}", places.findings.display());
        return Ok(false);
    }
    if options.keep {
        keep(libfuzzer(), target, &places)?;
    }
    println!("{target}: {} s, nothing found", options.seconds);
    Ok(true)
}

/// The fewest inputs that reach everything, without the seeds: the vectors are in the repository already.
fn keep(mut merge: std::process::Command, target: &str, places: &Places) -> Result<()> {
    let chosen = places.work.with_extension("chosen");
    if chosen.is_dir() {
        fs::remove_dir_all(&chosen)?;
    }
    fs::create_dir_all(&chosen)?;
    for entry in fs::read_dir(&places.seeds)? {
        let seed = entry?.path();
        fs::copy(&seed, chosen.join(seed.file_name().unwrap_or_default()))?;
    }
    run(merge.args(["-merge=1", "-use_counters=0"]).args([&chosen, &places.corpus, &places.work]))?;
    let mut kept = 0;
    fs::remove_dir_all(&places.corpus)?;
    fs::create_dir_all(&places.corpus)?;
    for entry in fs::read_dir(&chosen)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if !places.seeds.join(name).exists() {
            fs::copy(&path, places.corpus.join(name))?;
            kept += 1;
        }
    }
    println!("{target}: {kept} inputs kept in {}", repo::shown(&places.corpus));
    Ok(())
}

/// Our Ed25519 against ed25519-dalek's, for long; true when they agreed on everything.
pub(crate) fn differential(options: &Differential) -> Result<bool> {
    let mut test = cargo();
    test.args(["test", "--release", "--package", "shelflife-token", "--test", "differential", "--"])
        .args(["--exact", "on_signatures_of_every_class_all_three_agree", "--nocapture"])
        .env("SHELFLIFE_DIFFERENTIAL_CASES", options.cases.to_string());
    if let Some(seed) = options.seed {
        test.env("SHELFLIFE_DIFFERENTIAL_SEED", seed.to_string());
    }
    say!("{}", shown(&test));
    Ok(test.status()?.success())
}
