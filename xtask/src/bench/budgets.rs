//! What is promised: a floor that must hold, and an aim that shows where the work is going.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Better {
    More,
    Less,
}

/// One promise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    what: &'static str,
    floor: f64,
    aim: f64,
    better: Better,
    unit: &'static str,
}

const fn at_least(what: &'static str, floor: f64, aim: f64, unit: &'static str) -> Budget {
    Budget { what, floor, aim, better: Better::More, unit }
}

const fn at_most(what: &'static str, floor: f64, aim: f64, unit: &'static str) -> Budget {
    Budget { what, floor, aim, better: Better::Less, unit }
}

pub(super) const NODE: Budget = at_least("distinct tokens in Node, against jose", 6.0, 10.0, "times");
pub(super) const WORKERD: Budget = at_least("distinct tokens in workerd, against jose", 1.8, 3.0, "times");
pub(super) const SEEN: Budget = at_least("a token seen before in Node, against jose", 200.0, 500.0, "times");
pub(super) const NATIVE: Budget = at_least("native, against verify_strict of dalek", 2.0, 3.0, "times");
/// Only the issuer can make such a token. What it costs has one allocation for each of some 1,500 audiences in it, and has
/// stayed the same while ordinary ones became cheaper.
pub(super) const HEAVY: Budget =
    at_most("native: the costliest token, against an ordinary one", 15.0, 3.0, "times");
pub(super) const HEAVY_IN_NODE: Budget =
    at_most("Node: the costliest token anybody can send, against a good one", 5.0, 2.5, "times");
pub(super) const WASM_SIZE: Budget = at_most("verifier.wasm, gzip -9", 48.0, 30.0, "KiB");
pub(super) const EDGE_SIZE: Budget = at_most("verifier.wasm and workerd.js, gzip -9", 56.0, 35.0, "KiB");
pub(super) const COLD: Budget = at_most("first verdict in a fresh Node process", 12.0, 8.0, "ms");
pub(super) const EXCHANGE: Budget = at_least("exchanges, 64 connections, against /healthz", 33.0, 50.0, "%");
pub(super) const LATENCY: Budget = at_most("exchanges, 64 connections, p99", 20.0, 5.0, "ms");
pub(super) const MEMORY: Budget = at_most("memory with 100,000 live sessions", 150.0, 80.0, "MiB");
pub(super) const DISK: Budget = at_most("disk per live session, 50 exchanges each", 1024.0, 512.0, "bytes");
pub(super) const LIST_BYTES: Budget = at_most("bytes a revoked session in a list", 24.0, 22.0, "bytes");
pub(super) const LISTED_DISTINCT: Budget =
    at_most("100,000 revoked, distinct tokens in Node", 5.0, 1.0, "% more");
pub(super) const LISTED_SEEN: Budget =
    at_most("100,000 revoked, tokens seen before in Node", 5.0, 1.0, "% more");
pub(super) const LISTED_NATIVE: Budget =
    at_most("100,000 revoked, distinct tokens native", 5.0, 2.0, "% more");

/// A promise and what became of it.
#[derive(Debug)]
pub(super) struct Line {
    budget: Budget,
    measured: f64,
    /// Half of all rounds lay between these, where there were rounds.
    between: Option<(f64, f64)>,
    /// What a reader must know before believing the number.
    note: String,
}

impl Budget {
    pub(super) fn line(self, measured: f64) -> Line {
        Line { budget: self, measured, between: None, note: String::new() }
    }
}

impl Line {
    pub(super) fn between(self, q1: f64, q3: f64) -> Line {
        Line { between: Some((q1, q3)), ..self }
    }

    pub(super) fn note(self, note: impl Into<String>) -> Line {
        Line { note: note.into(), ..self }
    }

    pub(super) fn floor_holds(&self) -> bool {
        self.reaches(self.budget.floor)
    }

    /// A number that is not one reaches nothing.
    fn reaches(&self, bound: f64) -> bool {
        match self.budget.better {
            Better::More => self.measured >= bound,
            Better::Less => self.measured <= bound,
        }
    }

    fn verdict(&self) -> &'static str {
        match (self.floor_holds(), self.reaches(self.budget.aim)) {
            (false, _) => "FLOOR BROKEN",
            (true, false) => "floor holds",
            (true, true) => "aim reached",
        }
    }

    pub(super) fn cells(&self) -> Vec<String> {
        let Budget { what, floor, aim, unit, .. } = self.budget;
        let between = self.between.map_or(String::new(), |(q1, q3)| format!("{}..{}", short(q1), short(q3)));
        let measured = format!("{} {unit}", short(self.measured));
        [what, &short(floor), &short(aim), &measured, &between, self.verdict(), &self.note]
            .map(str::to_owned)
            .to_vec()
    }

    pub(super) fn json(&self) -> Value {
        let Budget { what, floor, aim, unit, .. } = self.budget;
        let (measured, between, note) = (self.measured, self.between, &self.note);
        json!({ "what": what, "unit": unit, "floor": floor, "aim": aim, "measured": measured, "between": between,
            "verdict": self.verdict(), "note": note })
    }
}

/// Prints promises and what became of them.
pub(super) fn print(lines: &[Line]) {
    let head = ["budget", "floor", "aim", "measured", "middle half", "verdict", ""];
    super::table::print(&head, &lines.iter().map(Line::cells).collect::<Vec<_>>());
}

/// A number in as many digits as say something.
pub(super) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_which_of_the_two_bounds_is_reached() {
        let verdicts = |budget: Budget, values: [f64; 3]| values.map(|value| budget.line(value).verdict());
        assert_eq!(verdicts(NODE, [5.9, 6.0, 10.0]), ["FLOOR BROKEN", "floor holds", "aim reached"]);
        assert_eq!(verdicts(COLD, [12.1, 12.0, 8.0]), ["FLOOR BROKEN", "floor holds", "aim reached"]);
    }

    #[test]
    fn what_could_not_be_measured_breaks_the_floor() {
        assert!(!NODE.line(f64::NAN).floor_holds() && !COLD.line(f64::NAN).floor_holds());
    }

    #[test]
    fn numbers_are_as_long_as_they_are_telling() {
        assert_eq!([1234.5, 12.345, 1.234, 2.0].map(short), ["1234", "12.3", "1.23", "2"]);
    }
}
