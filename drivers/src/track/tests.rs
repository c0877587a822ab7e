use super::*;
use keepalived_core::config::model::InitFile;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Bed {
    dir: TempDir,
    files: TrackFiles,
    values: Values,
}

impl Bed {
    fn new() -> Bed {
        let log = Log::start(Vec::new(), Level::Error).unwrap();
        let (files, values) = TrackFiles::start(log, Part::Checkers).unwrap();
        Bed { dir: tempfile::tempdir().unwrap(), files, values }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Never seen half written.
    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.at("new"), text).unwrap();
        std::fs::rename(self.at("new"), self.at(name)).unwrap();
    }

    fn track(&self, names: &[&str]) {
        self.files.track(names.iter().map(|name| (Name::from(*name), self.at(name))).collect());
    }

    fn next(&mut self) -> (String, Option<i32>) {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match self.values.try_recv() {
                Ok((name, value)) => return (name.to_string(), value),
                Err(_) => assert!(Instant::now() < until, "nothing is told"),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn says(&mut self, name: &str, value: Option<i32>) {
        assert_eq!(self.next(), (name.to_owned(), value));
    }
}

#[test]
fn what_is_written_moved_and_removed_is_told() {
    let mut bed = Bed::new();
    std::fs::write(bed.at("a"), "5\n").unwrap();
    bed.track(&["a", "b"]);
    bed.says("a", Some(5));
    bed.says("b", None);
    bed.put("b", "0x10");
    bed.says("b", Some(16));
    // What is the same, or no number of ours, is not told; other files are not looked at.
    bed.put("b", "16\n");
    bed.put("b", "99999999999");
    bed.put("c", "1");
    bed.put("b", "-3\n");
    bed.says("b", Some(-3));
    std::fs::remove_file(bed.at("a")).unwrap();
    bed.says("a", None);
    std::fs::rename(bed.at("b"), bed.at("elsewhere")).unwrap();
    bed.says("b", None);
    std::fs::write(bed.at("a"), "").unwrap();
    bed.says("a", Some(0));
}

#[test]
fn a_number_that_is_ignored_leaves_the_one_before_and_is_told_when_it_is_asked_for() {
    let mut bed = Bed::new();
    bed.put("a", "99999999999");
    bed.track(&["a"]);
    bed.says("a", None);
    bed.put("a", "7");
    bed.says("a", Some(7));
    bed.put("a", "99999999999");
    for _ in 0..2 {
        bed.track(&["a", "b"]);
        bed.says("a", Some(7));
        bed.says("b", None);
    }
}

#[test]
fn only_what_a_writer_has_closed_counts() {
    let mut bed = Bed::new();
    bed.track(&["a"]);
    bed.says("a", None);
    let mut file = File::create(bed.at("a")).unwrap();
    write!(file, "1").unwrap();
    file.flush().unwrap();
    write!(file, "2").unwrap();
    drop(file);
    bed.says("a", Some(12));
}

#[test]
fn a_link_is_followed() {
    let mut bed = Bed::new();
    let other = tempfile::tempdir().unwrap();
    let target = other.path().join("target");
    std::fs::write(&target, "1").unwrap();
    symlink(&target, bed.at("a")).unwrap();
    bed.track(&["a"]);
    bed.says("a", Some(1));
    let new = other.path().join("new");
    std::fs::write(&new, "2").unwrap();
    std::fs::rename(&new, &target).unwrap();
    bed.says("a", Some(2));
}

#[test]
fn others_can_be_tracked_instead() {
    let mut bed = Bed::new();
    for name in ["a", "b"] {
        std::fs::write(bed.at(name), "1").unwrap();
    }
    bed.track(&["a"]);
    bed.says("a", Some(1));
    bed.track(&["b"]);
    bed.says("b", Some(1));
    bed.put("a", "2");
    bed.put("b", "2");
    bed.says("b", Some(2));
    bed.track(&["b"]);
    bed.says("b", Some(2));
}

#[test]
fn files_are_made_at_the_start_where_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, init| FileConfig {
        init,
        ..FileConfig::new(Name::from(name), dir.path().join(name).to_str().unwrap().to_owned())
    };
    let init = |value, overwrite| Some(InitFile { value, overwrite });
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).ok();
    std::fs::write(dir.path().join("kept"), "9").unwrap();
    std::fs::write(dir.path().join("replaced"), "9").unwrap();
    std::fs::write(dir.path().join("secret"), "9").unwrap();
    symlink(dir.path().join("secret"), dir.path().join("link")).unwrap();
    let files = [
        file("new", init(-4, false)),
        file("kept", init(1, false)),
        file("replaced", init(2, true)),
        file("plain", None),
        file("link", init(3, true)),
        file("no/directory", init(3, true)),
    ];
    let complaints = super::init(&files);
    assert_eq!(read("new").as_deref(), Some("-4\n"));
    assert_eq!(read("kept").as_deref(), Some("9"));
    assert_eq!(read("replaced").as_deref(), Some("2\n"));
    assert_eq!(read("secret").as_deref(), Some("9"));
    assert_eq!(read("plain"), None);
    assert_eq!(complaints.len(), 2, "{complaints:?}");
}
