//! Points in time as local civil time.

use std::time::{SystemTime, UNIX_EPOCH};

/// A local time, broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    year: i64,
    month: usize,
    day: i32,
    hour: i32,
    minute: i32,
    second: i32,
    nanos: u32,
}

impl Stamp {
    /// In the time zone of the machine, or of `TZ`.
    pub(super) fn local(at: SystemTime) -> Stamp {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = libc::time_t::try_from(since.as_secs()).unwrap_or(libc::time_t::MAX);
        let tm = local(seconds);
        Stamp {
            year: i64::from(tm.tm_year) + 1900,
            month: usize::try_from(tm.tm_mon).unwrap_or(0).min(11),
            day: tm.tm_mday,
            hour: tm.tm_hour,
            minute: tm.tm_min,
            second: tm.tm_sec,
            nanos: since.subsec_nanos(),
        }
    }

    /// `Nov  2 05:13:22`, RFC 3164 section 4.1.2.
    pub(super) fn rfc3164(&self) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let Stamp { month, day, hour, minute, second, .. } = self;
        format!("{} {day:2} {hour:02}:{minute:02}:{second:02}", MONTHS[*month])
    }

    /// `2026-11-02 05:13:22.123`
    pub(super) fn iso(&self) -> String {
        let Stamp { year, month, day, hour, minute, second, nanos } = self;
        let millis = nanos / 1_000_000;
        format!("{year}-{:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03}", month + 1)
    }
}

#[allow(unsafe_code)]
fn local(seconds: libc::time_t) -> libc::tm {
    // SAFETY: all zeros is a valid `tm` (integers and a null pointer).
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values. `localtime_r` reads the environment, which nothing in this program writes.
    unsafe { libc::localtime_r(&raw const seconds, &raw mut tm) };
    tm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_those_of_the_formats() {
        let stamp = Stamp { year: 2026, month: 10, day: 2, hour: 5, minute: 3, second: 9, nanos: 7_000_000 };
        assert_eq!(stamp.rfc3164(), "Nov  2 05:03:09");
        assert_eq!(stamp.iso(), "2026-11-02 05:03:09.007");
    }
}
