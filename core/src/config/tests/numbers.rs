//! Numbers with something behind them: what is clear is read, and told of.

use super::{instance, read};
use crate::config::Severity;

/// What is said of a line of an instance, and the delay that is read.
fn said(line: &str) -> (Vec<(Severity, &'static str)>, Option<u64>) {
    let (_, parsed) = read(&instance(line));
    let said = parsed.diagnostics.iter().map(|d| (d.severity, d.code)).collect();
    (said, parsed.config.instances.first().map(|i| i.garp.delay.as_secs()))
}

#[test]
fn a_harmless_tail_is_told_and_left_out() {
    for line in ["garp_master_delay 7s", "garp_master_delay 7;", "garp_master_delay 7s;", "garp_master_delay \" 7s\""] {
        assert_eq!(said(line), (vec![(Severity::Warning, "number-tail")], Some(7)), "{line}");
    }
    assert_eq!(said("garp_master_delay 4294").1, Some(4294));
    for line in ["priority 150;", "garp_master_repeat 3;"] {
        assert_eq!(said(line).0, [(Severity::Warning, "number-tail")], "{line}");
    }
}

/// The C version reads fractions with a tail as millionths.
#[test]
fn other_tails_are_errors() {
    for line in [
        "garp_master_delay 7ms",
        "garp_master_delay 7;;",
        "garp_master_delay s",
        "garp_master_delay ;",
        "garp_master_delay 1.5s",
        "garp_master_repeat 3s",
        "priority 150s",
        "priority 150x",
        "advert_int 1s",
        "advert_int 1;",
        "preempt_delay 30s",
    ] {
        let (said, _) = said(line);
        assert_eq!(said, [(Severity::Error, "not-a-number")], "{line}");
    }
}

/// As many seconds as the C version counts in microseconds of 32 bits.
#[test]
fn delays_of_announcements_end_at_4294() {
    for keyword in ["garp_master_delay", "garp_lower_prio_delay"] {
        assert_eq!(said(&format!("{keyword} 4294")).0, []);
        assert_eq!(said(&format!("{keyword} 4295")).0, [(Severity::Error, "out-of-range")]);
        let global = |n| read(&format!("global_defs {{\nvrrp_{keyword} {n}\n}}\n{}", instance(""))).1.diagnostics.len();
        assert_eq!((global(4294), global(4295)), (0, 1));
    }
    assert_eq!(said("garp_master_refresh 4295").0, []);
}
