//! A table for the terminal, and the same as Markdown.

/// Rows of cells under a head; the first columns (words) are aligned left, the rest (figures) right.
pub(crate) struct Table {
    words: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(words: usize, head: &[&str]) -> Table {
        Table { words, rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(crate) fn print(&self) {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |n: usize| self.rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|n| width(n).unwrap_or(0)).collect();
        println!();
        for row in &self.rows {
            let mut line = String::new();
            for (n, (cell, width)) in row.iter().zip(&widths).enumerate() {
                line.push_str(&if n < self.words { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") });
            }
            println!("{}", line.trim_end());
        }
        println!("\nMarkdown:\n");
        for (n, row) in self.rows.iter().enumerate() {
            println!("| {} |", row.join(" | "));
            if n == 0 {
                let rule = |n: usize| if n < self.words { "---" } else { "---:" };
                println!("| {} |", (0..columns).map(rule).collect::<Vec<_>>().join(" | "));
            }
        }
    }
}

/// The value below which `part` (0 to 1) of the sorted values lie; the nearest one, nothing invented between.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((part * last as f64).round() as usize).copied()
}
