//! Accept or reject: ours beside the C version's, and the table of the differences.
//!
//! A file is accepted when a daemon runs that was started with it. The C version's `-t` says 0 for a file without
//! complaints, 2 or 4 where it ends at a mistake, 124 and 139 where it hangs or crashes, and 5 or 6 for complaints of
//! every size: with most the daemon runs, with some it does not (`stopped.txt`). Where we have nothing to say of a file
//! of which the C version complains, that is listed as well, for silence is a verdict too. A mere 6 is about scripts,
//! which are not looked at here.
//!
//! `differences.tsv` has a row for each difference; a difference without a row fails, and so does a row without a
//! difference. `KEEPALIVED_UPDATE=1 cargo test -p keepalived-core --test corpus verdicts` writes it anew and keeps the
//! reasons; a new row has the reason TODO, which fails until somebody has thought.

use crate::files::{Ours, Real, Theirs, complaints, real};
use keepalived_core::config::{Severity, render_line};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/differences.tsv");

const HEAD: &str = "\
# Files of the corpus of which we say otherwise than keepalived 2.4.3 (2.2.7 for whether the daemon then runs).
# Kept true by verdicts.rs, which says what the columns mean.
file\ttheirs\tours\tbecause\treason
";

struct Row {
    file: String,
    theirs: String,
    ours: String,
    /// The kinds of our errors, or nothing where we have none.
    because: String,
}

impl Row {
    fn facts(&self) -> String {
        format!("{}\t{}\t{}\t{}", self.file, self.theirs, self.ours, self.because)
    }
}

fn difference(file: &Real) -> Option<Row> {
    let parsed = file.parse();
    let ours = Ours::of(&parsed);
    let differs = match ours {
        Ours::Refuses => file.theirs.runs(),
        Ours::Warns => !file.theirs.runs(),
        Ours::Fine => !file.theirs.runs() || (file.theirs == Theirs::Complains && !file.only_scripts),
    };
    let errors: BTreeSet<&str> =
        complaints(&parsed).filter(|d| d.severity == Severity::Error).map(|d| d.code).collect();
    differs.then(|| Row {
        file: file.name.clone(),
        theirs: file.theirs.text().to_owned(),
        ours: ours.text().to_owned(),
        because: errors.into_iter().collect::<Vec<_>>().join(" "),
    })
}

#[test]
fn the_table_of_differences_is_true() {
    let Some(files) = real() else { return };
    let rows: Vec<Row> = files.iter().filter_map(difference).collect();
    let written = std::fs::read_to_string(TABLE).unwrap_or_default();
    let known: BTreeMap<&str, &str> = written
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("file\t"))
        .map(|line| line.rsplit_once('\t').unwrap())
        .collect();
    if std::env::var_os("KEEPALIVED_UPDATE").is_some() {
        let mut text = HEAD.to_owned();
        for row in &rows {
            // The reason of the same file is worth a look even where the facts have changed.
            let old = known.iter().find(|(facts, _)| facts.split('\t').next() == Some(row.file.as_str()));
            text.push_str(&format!("{}\t{}\n", row.facts(), old.map_or("TODO", |(_, reason)| reason)));
        }
        std::fs::write(TABLE, text).unwrap();
        return;
    }
    let found: BTreeSet<String> = rows.iter().map(Row::facts).collect();
    let listed: BTreeSet<String> = known.keys().map(|&facts| facts.to_owned()).collect();
    let missing: Vec<String> = found
        .difference(&listed)
        .map(|facts| {
            let file = files.iter().find(|file| facts.starts_with(&file.name)).unwrap();
            let parsed = file.parse();
            let first = complaints(&parsed).max_by_key(|d| d.severity).map(|d| render_line(d, &file.source));
            format!("{facts}\n    {}", first.unwrap_or_default())
        })
        .collect();
    let gone: Vec<&String> = listed.difference(&found).collect();
    assert!(missing.is_empty(), "differences that are not in the table:\n{}", missing.join("\n"));
    assert!(gone.is_empty(), "rows of the table that are not true any more: {gone:#?}");
    for (facts, reason) in known {
        assert!(reason.len() > 10 && !reason.contains("TODO"), "no reason given: {facts}");
    }
}

/// Where the C version has nothing to say, an error of ours is in the table; there are few such rows.
#[test]
fn hardly_anything_is_wrong_with_what_the_c_version_likes() {
    let Some(files) = real() else { return };
    let wrong: Vec<&str> = files
        .iter()
        .filter(|file| file.theirs == Theirs::Fine && Ours::of(&file.parse()) == Ours::Refuses)
        .map(|file| file.name.as_str())
        .collect();
    assert!(wrong.len() * 50 <= files.len(), "{wrong:#?}");
}
