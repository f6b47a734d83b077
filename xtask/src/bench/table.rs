//! Tables on the terminal: the first column reads, the others count.

/// Prints a head and rows. Columns in which nothing stands are left out.
pub(super) fn print(head: &[&str], rows: &[Vec<String>]) {
    for line in lines(head, rows) {
        println!("{line}");
    }
}

fn lines(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    let wide = |text: &str| text.chars().count();
    let columns: Vec<(usize, usize)> = (0..head.len())
        .filter(|&column| rows.iter().any(|row| !cell(row, column).is_empty()))
        .map(|column| {
            let widest = rows.iter().map(|row| wide(&cell(row, column))).max().unwrap_or(0);
            (column, widest.max(wide(&cell(&head, column))))
        })
        .collect();
    let line = |row: &[String]| {
        let cells = columns.iter().map(|&(column, width)| match column {
            0 => format!("{:<width$}", cell(row, column)),
            _ if is_words(&cell(row, column)) => format!("  {:<width$}", cell(row, column)),
            _ => format!("  {:>width$}", cell(row, column)),
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    std::iter::once(line(&head)).chain(rows.iter().map(|row| line(row))).collect()
}

/// Whether a cell is to be read from the left.
fn is_words(cell: &str) -> bool {
    !cell.starts_with(|first: char| first.is_ascii_digit() || first == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let rows = [
            vec!["ours".to_owned(), "1".to_owned(), String::new()],
            vec!["jose".to_owned(), "100".to_owned()],
        ];
        assert_eq!(lines(&["who", "us", "note"], &rows), ["who   us", "ours    1", "jose  100"]);
    }
}
