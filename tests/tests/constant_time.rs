//! Signing takes the same steps for every number, and touches the same places of memory.
//!
//! The release build runs under valgrind's tool `lackey`, which writes down the address of every instruction and of every
//! access to memory. Time cannot be measured on a machine with other work; what could make a difference in time can be
//! compared to the last line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use shelflife_tests::{Outcome, Test, build, suite};

const TESTS: [Test; 2] = [
    ("every_secret_takes_the_same_steps_and_touches_the_same_memory", secrets_look_alike),
    ("a_trace_tells_numbers_apart_where_that_is_not_so", public_numbers_do_not),
];

/// The program makes a table in several millions of steps before it multiplies, so what is the same for so many lines before
/// the end is the same from some place in the table on. How it starts differs: the runtime reads where its memory lies.
const LINES: usize = 1_000_000;

fn main() -> ExitCode {
    suite(&TESTS)
}

/// Numbers below the order of the base point, with digits of all sizes and both signs.
fn numbers() -> Vec<[u8; 32]> {
    let mut numbers: Vec<[u8; 32]> = [0x00, 0x84].map(|byte| below_the_order([byte; 32])).to_vec();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    numbers.extend((0..2).map(|_| {
        below_the_order([(); 32].map(|()| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        }))
    }));
    numbers
}

fn below_the_order(mut number: [u8; 32]) -> [u8; 32] {
    number[31] &= 0x0F;
    number
}

fn secrets_look_alike() -> Outcome {
    with_emulator(|trace| {
        let numbers = numbers();
        let expected = trace(&numbers[0], "secret");
        for number in &numbers[1..] {
            if let Some(difference) = difference(&expected, &trace(number, "secret")) {
                panic!("{number:02x?} leaves another trace than {:02x?}: {difference}", numbers[0]);
            }
        }
    })
}

fn public_numbers_do_not() -> Outcome {
    with_emulator(|trace| {
        let numbers = numbers();
        let [first, .., last] = numbers.as_slice() else { panic!("two numbers") };
        let (one, again, other) = (trace(first, "public"), trace(first, "public"), trace(last, "public"));
        assert_eq!(difference(&one, &again), None, "the same number leaves the same trace");
        assert!(difference(&one, &other).is_some(), "two numbers leave the same trace");
    })
}

/// Runs `check` with what gives the trace of a number.
fn with_emulator(check: impl FnOnce(&dyn Fn(&[u8; 32], &str) -> Vec<u8>)) -> Outcome {
    match Command::new("valgrind").arg("--version").stdout(Stdio::null()).status() {
        Ok(status) if status.success() => {}
        _ => return Outcome::Skipped("there is no valgrind here (apt-get install valgrind)".to_owned()),
    }
    let (program, folder) =
        (build("shelflife-constant-time", "shelflife-multiple", true), tempfile::tempdir().unwrap());
    check(&|number, kind| {
        let (input, trace) = (folder.path().join("number"), folder.path().join("trace"));
        std::fs::write(&input, number).unwrap();
        run(&program, kind, &input, &trace);
        std::fs::read(trace).unwrap()
    });
    Outcome::Passed
}

fn run(program: &Path, kind: &str, input: &Path, trace: &Path) {
    let mut emulator = Command::new("valgrind");
    emulator.args(["--quiet", "--tool=lackey", "--trace-mem=yes", "--basic-counts=no"]);
    emulator.arg(format!("--log-file={}", trace.display())).arg(program).arg(kind);
    // Where the stack begins depends on what stands in the environment.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let status = emulator.env_clear().env("PATH", path).stdin(File::open(input).unwrap()).status().unwrap();
    assert!(status.success(), "valgrind: {status}");
}

/// The last line in which two traces differ, if that is not before the multiplication.
fn difference(one: &[u8], other: &[u8]) -> Option<String> {
    let lines = |trace| <[u8]>::rsplit(trace, |byte| *byte == b'\n');
    let same = lines(one).zip(lines(other)).take_while(|(one, other)| one == other).count();
    if same > LINES {
        return None;
    }
    let line = |trace| lines(trace).nth(same).map_or("nothing".into(), String::from_utf8_lossy);
    Some(format!("{} against {}, {same} lines before the end", line(one), line(other)))
}
