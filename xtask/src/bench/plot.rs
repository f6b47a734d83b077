//! Ratios as bars. The scale is logarithmic: twice as fast is as far to the right as half as fast is to the left.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::budgets::short;
use super::series::Spread;

/// Bars that are held against the same thing.
pub(super) struct Group {
    pub(super) title: String,
    pub(super) bars: Vec<(String, Spread)>,
}

const WIDTH: f64 = 900.0;
const LABELS: f64 = 260.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 24.0;
const TITLE: f64 = 44.0;
const LEGEND: &str = "Medians of the rounds on a logarithmic scale; black: the middle half of the rounds.";

pub(super) fn write(path: &Path, groups: &[Group]) -> Result<()> {
    std::fs::write(path, svg(groups)).with_context(|| format!("cannot write {}", path.display()))
}

fn svg(groups: &[Group]) -> String {
    let rows: usize = groups.iter().map(|group| group.bars.len()).sum();
    let height = rows as f64 * ROW + groups.len() as f64 * TITLE + 40.0;
    let scale = Scale::of(groups);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut y = 0.0;
    for group in groups {
        y += TITLE;
        let (one, end) = (scale.x(1.0), y + group.bars.len() as f64 * ROW);
        let title = escaped(&group.title);
        let _ = writeln!(out, "<text x=\"10\" y=\"{}\" font-weight=\"bold\">{title}</text>", y - 12.0);
        let _ = writeln!(out, "<path d=\"M{one:.1} {y}V{end}\" stroke=\"#555\" stroke-dasharray=\"3 3\"/>");
        for (name, spread) in &group.bars {
            bar(&mut out, &scale, y, name, *spread);
            y += ROW;
        }
    }
    let _ = writeln!(out, "<text x=\"10\" y=\"{}\" fill=\"#555\">{LEGEND}</text>\n</svg>", y + 24.0);
    out
}

/// From 1 to the median, with a line over the middle half of the rounds.
fn bar(out: &mut String, scale: &Scale, y: f64, name: &str, spread: Spread) {
    let (one, end) = (scale.x(1.0), scale.x(spread.median));
    let (left, width) = (one.min(end), (end - one).abs().max(1.0));
    let colour = if name.starts_with("ours") { "#2f7d4f" } else { "#9aa5b1" };
    let (middle, text) = (y + ROW / 2.0, y + ROW / 2.0 + 4.5);
    let _ = writeln!(out, "<text x=\"10\" y=\"{text}\">{}</text>", escaped(name));
    let _ = writeln!(
        out,
        "<rect x=\"{left:.1}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>",
        y + 4.0,
        ROW - 8.0
    );
    let (q1, q3) = (scale.x(spread.q1), scale.x(spread.q3));
    let _ = writeln!(out, "<path d=\"M{q1:.1} {middle}H{q3:.1}\" stroke=\"#111\" stroke-width=\"2\"/>");
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{text}\">{}</text>",
        end.max(one).max(q3) + 8.0,
        short(spread.median)
    );
}

struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    /// As wide as the widest ratios, and 1 always within.
    fn of(groups: &[Group]) -> Scale {
        let values =
            groups.iter().flat_map(|group| &group.bars).flat_map(|(_, it)| [it.q1, it.median, it.q3]);
        let logs: Vec<f64> = values.filter(|value| value.is_finite() && *value > 0.0).map(f64::ln).collect();
        let low = logs.iter().copied().fold(0.0, f64::min);
        let high = logs.iter().copied().fold(0.1, f64::max);
        Scale { low, high }
    }

    fn x(&self, ratio: f64) -> f64 {
        let share = (ratio.max(f64::MIN_POSITIVE).ln() - self.low) / (self.high - self.low);
        LABELS + share.clamp(0.0, 1.0) * (WIDTH - LABELS - RIGHT)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_lies_within_the_picture_and_every_name_is_escaped() {
        let spread = |median: f64| Spread { q1: median / 2.0, median, q3: median * 2.0 };
        let bars = vec![("ours & <theirs>".to_owned(), spread(80.0)), ("slow".to_owned(), spread(0.1))];
        let groups = [Group { title: "Node".to_owned(), bars }];
        let scale = Scale::of(&groups);
        assert!([0.05, 1.0, 160.0].iter().all(|ratio| (LABELS..=WIDTH - RIGHT).contains(&scale.x(*ratio))));
        let picture = svg(&groups);
        assert!(picture.contains("ours &amp; &lt;theirs>") && picture.ends_with("</svg>\n"), "{picture}");
    }
}
