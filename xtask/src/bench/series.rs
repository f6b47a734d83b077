//! Values of many rounds.

use anyhow::{Context, Result};
use serde_json::Value;

/// One value a round, in the order of the rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct Series(Vec<f64>);

/// Median and quartiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) q1: f64,
    pub(super) median: f64,
    pub(super) q3: f64,
}

impl Series {
    /// From a list of numbers in JSON.
    pub(super) fn read(value: &Value, what: &str) -> Result<Series> {
        let values = value.as_array().with_context(|| format!("no measurements of {what}"))?;
        let values: Option<Vec<f64>> = values.iter().map(Value::as_f64).collect();
        Ok(Series(values.with_context(|| format!("measurements of {what} that are not numbers"))?))
    }

    /// How often `self` goes into `other`, in each round: both met the same disturbances there.
    pub(super) fn under(&self, other: &Series) -> Series {
        Series(self.0.iter().zip(&other.0).map(|(own, other)| other / own).collect())
    }

    pub(super) fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        Spread { q1: at(&sorted, 0.25), median: at(&sorted, 0.5), q3: at(&sorted, 0.75) }
    }
}

impl Spread {
    /// As the Rust part of the measurements writes it.
    pub(super) fn read(value: &Value, what: &str) -> Result<Spread> {
        let number = |name| value.get(name).and_then(Value::as_f64);
        let spread = || Some(Spread { q1: number("q1")?, median: number("median")?, q3: number("q3")? });
        spread().with_context(|| format!("no measurements of {what}"))
    }

    pub(super) fn times(self, factor: f64) -> Spread {
        Spread { q1: self.q1 * factor, median: self.median * factor, q3: self.q3 * factor }
    }
}

/// NaN for no values, which no budget accepts.
fn at(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let value = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
    value(place.floor()) * (1.0 - place.fract()) + value(place.ceil()) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_in_each_round_and_then_its_median() {
        let (ours, theirs) = (Series(vec![1.0, 10.0, 1.0]), Series(vec![4.0, 40.0, 2.0]));
        assert_eq!(ours.under(&theirs).spread(), Spread { q1: 3.0, median: 4.0, q3: 4.0 });
    }

    #[test]
    fn nothing_measured_is_not_a_number() {
        assert!(Series::default().spread().median.is_nan());
    }
}
