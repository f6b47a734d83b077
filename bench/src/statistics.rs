//! The middle of what was measured, and how far it scatters.

use serde::Serialize;

/// Median and quartiles: a few rounds that a neighbour disturbed do not move them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) q1: f64,
    pub(crate) median: f64,
    pub(crate) q3: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Spread { q1: at(&values, 0.25), median: at(&values, 0.5), q3: at(&values, 0.75) }
    }
}

/// The value below which this share of the sorted values lies; between two values, the line from one to the other.
pub(crate) fn at(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let (below, part) = (place.floor(), place.fract());
    let value = |index: usize| sorted.get(index).or(sorted.last()).copied().unwrap_or_default();
    let below = below as usize;
    value(below) * (1.0 - part) + value(below + 1) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_of_values_lies_between_the_two_in_the_middle() {
        assert_eq!(Spread::of([4.0, 1.0, 3.0, 2.0]), Spread { q1: 1.75, median: 2.5, q3: 3.25 });
        assert_eq!(Spread::of([7.0]), Spread { q1: 7.0, median: 7.0, q3: 7.0 });
        assert_eq!(Spread::of([]), Spread::default());
    }

    #[test]
    fn one_wild_round_does_not_move_the_median() {
        assert_eq!(Spread::of([1.0, 1.0, 1.0, 1.0, 1e9]).median, 1.0);
    }
}
