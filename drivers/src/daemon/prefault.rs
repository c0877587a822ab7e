//! The program's own pages, mapped before they are needed.

use rustix::mm::{Advice, madvise};
use std::ffi::c_void;

/// Maps all code and constants of the program, so that a takeover, which runs much of it for the first time, does not wait for
/// hundreds of page faults. Where the kernel does not know how (before 5.14) nothing happens.
pub fn prefault() {
    let Ok(program) = std::fs::read_link("/proc/self/exe") else { return };
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    let program = program.to_string_lossy();
    let own = maps.lines().filter(|line| line.ends_with(&*program) && line.contains(" r"));
    for (start, end) in own.filter_map(|line| range(line.split_once(' ')?.0)) {
        let start_of = core::ptr::with_exposed_provenance_mut::<c_void>(start);
        // SAFETY: a range of the program's own file mappings, which stay as they are; populating them for reading changes no memory.
        #[allow(unsafe_code)]
        let _ = unsafe { madvise(start_of, end.saturating_sub(start), Advice::LinuxPopulateRead) };
    }
}

fn range(text: &str) -> Option<(usize, usize)> {
    let (start, end) = text.split_once('-')?;
    Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of the test program that are not in memory yet are there afterwards.
    #[test]
    fn everything_of_the_program_is_mapped() {
        prefault();
        let maps = std::fs::read_to_string("/proc/self/smaps").expect("readable");
        let mut lines = maps.lines();
        let line = lines.find(|line| line.contains(" r-xp ")).expect("code");
        let (start, end) = range(line.split_once(' ').expect("a range").0).expect("a range");
        let rss = lines.find_map(|line| line.strip_prefix("Rss:")).expect("a size");
        let resident: usize = rss.trim().trim_end_matches(" kB").parse().expect("a number");
        assert!(resident * 1024 >= end - start, "{resident} kB of {line}");
    }
}
