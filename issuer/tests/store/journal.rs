//! The journal before an engine: what it promises when the process ends in the middle, and when its files are damaged.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use shelflife_issuer::store::{Batch, Engine, EngineError, JournaledEngine, MemoryEngine, Row};

use crate::common::Hanging;

/// The row that the journal keeps about itself beneath.
const ITS_OWN: &[u8] = b"m/journal";

fn open(engine: &Arc<MemoryEngine>, folder: &Path) -> Result<JournaledEngine, EngineError> {
    JournaledEngine::open(engine.clone(), folder, false)
}

fn rows(engine: &dyn Engine) -> Vec<Row> {
    engine.scan(b"", None, usize::MAX).unwrap()
}

/// Rows beneath a journal, without the one about it.
fn rows_beneath(engine: &MemoryEngine) -> Vec<Row> {
    rows(engine).into_iter().filter(|(key, _)| key != ITS_OWN).collect()
}

/// Another engine with the same rows, its own among them.
fn copy_of(engine: &MemoryEngine) -> Arc<MemoryEngine> {
    let copy = MemoryEngine::default();
    let rows = engine.scan(b"", None, usize::MAX).unwrap();
    copy.commit(&rows.into_iter().map(|(key, value)| (key, Some(value))).collect()).unwrap();
    Arc::new(copy)
}

fn copy_of_files(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// Batch `number`: counts, and has its own row of so many bytes.
fn batch(number: usize, bytes: usize) -> Batch {
    let mut batch = Batch::from([(b"count".to_vec(), Some(number.to_string().into_bytes()))]);
    batch.insert(format!("row {}", number % 7).into_bytes(), Some(vec![b'x'; bytes]));
    batch.insert(format!("row {}", (number + 3) % 7).into_bytes(), None);
    batch
}

/// The rows after each of the batches, and before the first.
fn states(batches: &[Batch]) -> Vec<Vec<Row>> {
    let engine = MemoryEngine::default();
    let after = batches.iter().map(|batch| {
        engine.commit(batch).unwrap();
        rows(&engine)
    });
    std::iter::once(Vec::new()).chain(after).collect()
}

/// A journal with these batches in it, and what is on disk as the process dies: nothing has a chance to tidy up.
fn killed_after(batches: &[Batch], engine: &Arc<MemoryEngine>) -> (Arc<MemoryEngine>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let journaled = open(engine, folder.path()).unwrap();
    batches.iter().for_each(|batch| journaled.commit(batch).unwrap());
    (copy_of(engine), copy_of_files(folder.path()))
}

#[test]
fn a_process_that_dies_after_any_commit_loses_nothing() {
    let engine = Arc::default();
    let folder = tempfile::tempdir().unwrap();
    let journaled = open(&engine, folder.path()).unwrap();
    // Through both files several times, and past them with what is too large for one.
    let sizes = [10, 300_000, 300_000, 300_000, 200_000, 10, 500_000, 600_000, 1_500_000, 10, 2_000_000, 10];
    let batches: Vec<Batch> =
        sizes.iter().cycle().take(40).enumerate().map(|(number, size)| batch(number, *size)).collect();
    let states = states(&batches);
    for (batch, state) in batches.iter().zip(&states[1..]) {
        journaled.commit(batch).unwrap();
        assert_eq!(&rows(&journaled), state);
        // What lies beneath first: rows arrive there while the files are copied, and never before they are in the files.
        let (beneath, files) = (copy_of(&engine), copy_of_files(folder.path()));
        let again = open(&beneath, files.path()).unwrap();
        assert_eq!(&rows(&again), state);
        again.commit(&self::batch(99, 10)).unwrap();
        drop(again);
        assert!(rows_beneath(&beneath).iter().any(|(_, value)| value == b"99"));
    }
}

#[test]
fn what_is_closed_in_peace_is_whole_without_the_journal() {
    let engine = Arc::default();
    let folder = tempfile::tempdir().unwrap();
    let batches: Vec<Batch> = (0..9).map(|number| batch(number, 10)).collect();
    let journaled = open(&engine, folder.path()).unwrap();
    batches.iter().for_each(|batch| journaled.commit(batch).unwrap());
    drop(journaled);
    assert_eq!(&rows_beneath(&engine), states(&batches).last().unwrap());
    // And so the files may go.
    let elsewhere = tempfile::tempdir().unwrap();
    let journaled = open(&engine, elsewhere.path()).unwrap();
    journaled.commit(&batch(9, 10)).unwrap();
    assert_eq!(journaled.get(b"count").unwrap().as_deref(), Some(&b"9"[..]));
}

#[test]
fn looking_writes_nothing() {
    let (engine, folder) = (Arc::default(), tempfile::tempdir().unwrap());
    drop(open(&engine, folder.path()).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(engine.scan(b"", None, 9).unwrap(), []);
}

#[test]
fn a_file_that_is_cut_or_garbled_gives_what_was_before_the_damage_and_never_a_mixture() {
    let batches: Vec<Batch> = (0..8).map(|number| batch(number, 40)).collect();
    let (beneath, files) = killed_after(&batches, &Arc::default());
    let states = states(&batches);
    let whole = std::fs::read(files.path().join("a")).unwrap();
    let mut found = std::collections::BTreeSet::new();
    for position in (0..1_200).step_by(7) {
        let mut garbled = whole.clone();
        garbled[position] ^= 0x20;
        for damaged in [&whole[..position], &garbled] {
            let copy = copy_of_files(files.path());
            std::fs::write(copy.path().join("a"), damaged).unwrap();
            let again = open(&copy_of(&beneath), copy.path()).unwrap();
            let state = rows(&again);
            found.insert(states.iter().position(|known| *known == state).expect("a state that never was"));
            // Goes on from there.
            again.commit(&batch(50, 40)).unwrap();
        }
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), (0..=8).collect::<Vec<_>>());
}

#[test]
fn a_batch_that_is_missing_between_others_is_an_error_and_can_be_salvaged_up_to_there() {
    // Held up beneath, so that the first file is still needed when the second one is written to.
    let engine = Arc::new(MemoryEngine::default());
    let held = Hanging::over(engine.clone());
    let folder = tempfile::tempdir().unwrap();
    let journaled = JournaledEngine::open(held.clone(), folder.path(), false).unwrap();
    let batches: Vec<Batch> = (0..4).map(|number| batch(number, 200_000)).collect();
    journaled.commit(&batches[0]).unwrap();
    held.hanging.store(true, Ordering::SeqCst);
    batches[1..].iter().for_each(|batch| journaled.commit(batch).unwrap());
    let beneath = MemoryEngine::default();
    // What was known beneath before anything arrived there.
    let own = engine.get(ITS_OWN).unwrap();
    beneath.commit(&Batch::from([(ITS_OWN.to_vec(), own.map(|row| [&row[..8], &[0; 8]].concat()))])).unwrap();
    let (beneath, files) = (Arc::new(beneath), copy_of_files(folder.path()));
    held.hanging.store(false, Ordering::SeqCst);
    let undamaged = copy_of_files(files.path());
    let whole = open(&copy_of(&beneath), undamaged.path()).unwrap();
    assert_eq!(&rows(&whole), states(&batches).last().unwrap());

    let path = files.path().join("a");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[250_000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = open(&copy_of(&beneath), files.path()).err().unwrap().to_string();
    assert!(error.contains("batch 4") && error.contains("batch 2 is missing"), "{error}");

    let salvaged = JournaledEngine::open(beneath.clone(), files.path(), true).unwrap();
    assert_eq!(rows(&salvaged), states(&batches)[1]);
    salvaged.commit(&batch(9, 10)).unwrap();
    let after = rows(&salvaged);
    drop(salvaged);
    assert_eq!(rows(&open(&beneath, files.path()).unwrap()), after);
}

#[test]
fn the_files_of_another_journal_are_none_of_ours() {
    let (_, foreign) = killed_after(&[batch(0, 10), batch(1, 10), batch(2, 10)], &Arc::default());
    let (beneath, _) = killed_after(&[batch(7, 10)], &Arc::default());
    let journaled = open(&beneath, foreign.path()).unwrap();
    assert_eq!(rows(&journaled), []);
    journaled.commit(&batch(8, 10)).unwrap();
    drop(journaled);
    assert_eq!(rows_beneath(&beneath), states(&[batch(8, 10)])[1]);
}

#[test]
fn rows_are_read_whole_while_they_are_carried_over() {
    let engine = Arc::new(MemoryEngine::default());
    let held = Hanging::over(engine);
    let folder = tempfile::tempdir().unwrap();
    let journaled = JournaledEngine::open(held.clone(), folder.path(), false).unwrap();
    let batches: Vec<Batch> = (0..12).map(|number| batch(number, 150_000)).collect();
    let states = states(&batches);
    for (number, batch) in batches.iter().enumerate() {
        held.hanging.store(true, Ordering::SeqCst);
        // The first commit makes the files, and a full one waits: neither can while nothing gets through.
        let waits = number == 0 || number == 11;
        held.hanging.store(!waits, Ordering::SeqCst);
        journaled.commit(batch).unwrap();
        let all = rows(&journaled);
        assert_eq!(all, states[number + 1]);
        let mut paged = Vec::new();
        while let [row] = &journaled.scan(b"", paged.last().map(|(key, _): &Row| &key[..]), 1).unwrap()[..] {
            paged.push(row.clone());
        }
        assert_eq!(paged, all);
        for (key, value) in all {
            assert_eq!(journaled.get(&key).unwrap(), Some(value));
        }
    }
    held.hanging.store(false, Ordering::SeqCst);
}

#[test]
fn an_engine_that_fails_beneath_stops_the_commits_and_nothing_is_lost() {
    let engine = Arc::new(MemoryEngine::default());
    let failing = Hanging::over(engine.clone());
    let folder = tempfile::tempdir().unwrap();
    let journaled = JournaledEngine::open(failing.clone(), folder.path(), false).unwrap();
    journaled.commit(&batch(0, 10)).unwrap();
    failing.failing.store(true, Ordering::SeqCst);
    let mut committed = vec![batch(0, 10)];
    let error = loop {
        let next = batch(committed.len(), 300_000);
        match journaled.commit(&next) {
            Ok(()) => committed.push(next),
            Err(error) => break error,
        }
        assert!(committed.len() < 20, "nobody notices");
    };
    assert!(error.to_string().contains("no space"), "{error}");
    assert!(journaled.commit(&batch(77, 10)).is_err(), "and it stays so");
    assert_eq!(&rows(&journaled), states(&committed).last().unwrap());
    drop(journaled);
    let again = open(&engine, folder.path()).unwrap();
    assert_eq!(&rows(&again), states(&committed).last().unwrap());
    again.commit(&batch(1, 10)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is written, and however often the process dies in between, it reads like one engine.
    #[test]
    fn a_journal_before_an_engine_is_that_engine(
        batches in prop::collection::vec(
            prop::collection::btree_map(0_u8..12, prop::option::of((any::<u8>(), 0_usize..120_000)), 1..4),
            1..40,
        ),
        deaths in prop::collection::btree_set(0_usize..40, 0..6),
        limit in 1_usize..6,
    ) {
        let (mut beneath, mut folder) = (Arc::new(MemoryEngine::default()), tempfile::tempdir().unwrap());
        let mut journaled = open(&beneath, folder.path()).unwrap();
        let plain = MemoryEngine::default();
        for (number, batch) in batches.iter().enumerate() {
            let change = |(byte, length): &(u8, usize)| vec![*byte; *length];
            let batch: Batch =
                batch.iter().map(|(key, value)| (vec![b'k', key % 3, *key], value.as_ref().map(change))).collect();
            journaled.commit(&batch).unwrap();
            plain.commit(&batch).unwrap();
            if deaths.contains(&number) {
                let copies = (copy_of(&beneath), copy_of_files(folder.path()));
                journaled = open(&copies.0, copies.1.path()).unwrap();
                (beneath, folder) = copies;
            }
            for prefix in [&b"k"[..], b"k\x01", b"k\x02"] {
                let after = [prefix, &[number as u8 % 12]].concat();
                for after in [None, Some(&after[..])] {
                    prop_assert_eq!(journaled.scan(prefix, after, limit).unwrap(), plain.scan(prefix, after, limit).unwrap());
                }
            }
            prop_assert_eq!(rows(&journaled), rows(&plain));
        }
    }
}
