//! Which of the objects that are in force became of which that are written.

use crate::config::ast::Statement;
use std::collections::{BTreeMap, VecDeque};

/// What became of each object of a kind: the one in its place, if all are there. Otherwise some were left out, and they are told apart by their
/// words, or by the first of them where others are written in another way.
pub(super) fn counterparts<'a>(written: &[&Statement], now: &[&'a Statement]) -> Vec<Option<&'a Statement>> {
    if written.len() == now.len() {
        return now.iter().copied().map(Some).collect();
    }
    let mut same: BTreeMap<Vec<&str>, VecDeque<&'a Statement>> = BTreeMap::new();
    for object in now {
        same.entry(words(object)).or_default().push_back(object);
    }
    let mut out: Vec<_> =
        written.iter().map(|object| same.get_mut(&words(object)).and_then(VecDeque::pop_front)).collect();
    let mut alike: BTreeMap<Option<&str>, VecDeque<&'a Statement>> = BTreeMap::new();
    for object in same.into_values().flatten() {
        alike.entry(words(object).first().copied()).or_default().push_back(object);
    }
    for (object, found) in written.iter().zip(&mut out).filter(|(_, found)| found.is_none()) {
        *found = alike.get_mut(&words(object).first().copied()).and_then(VecDeque::pop_front);
    }
    out
}

/// The words after the keyword.
fn words(statement: &Statement) -> Vec<&str> {
    statement.words().iter().skip(1).map(|word| word.text.as_str()).collect()
}
