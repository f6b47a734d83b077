//! What the fuzzer found worth keeping, and every vector, through every target: no disagreement, no panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use shelflife_fuzz::{TARGETS, Target, seeds};

/// The kept inputs of one target, by name.
fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
        })
        .collect()
}

#[test]
fn nothing_in_the_corpus_or_the_vectors_finds_a_difference() {
    let mut wrong = Vec::new();
    for target in TARGETS {
        let kept = corpus(target);
        let begun = seeds(target.name);
        assert!(
            !kept.is_empty() && begun.len() > 100,
            "{}: {} kept, {} seeds",
            target.name,
            kept.len(),
            begun.len()
        );
        let begun = begun.into_iter().enumerate().map(|(at, input)| (format!("vector {at}"), input));
        for (name, input) in kept.into_iter().chain(begun) {
            if catch_unwind(|| (target.run)(&input)).is_err() {
                wrong.push(format!("{} {name}", target.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_input_of_one_target_does_no_harm_to_another() {
    for target in TARGETS {
        for (_, input) in TARGETS.iter().flat_map(corpus) {
            (target.run)(&input);
        }
    }
}
