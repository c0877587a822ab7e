use super::*;
use keepalived_core::config::model::{Credentials, Global};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(20);

fn directory() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

fn runner(user: Option<&str>) -> Runner {
    Global::default().runner(user.map(|user| Credentials::new(user, None)).as_ref())
}

fn own() -> Runner {
    let own = user::own();
    Global::default().runner(Some(&Credentials::new(&own.uid.to_string(), Some(&own.gid.to_string()))))
}

fn spec(path: &Path) -> FifoSpec {
    FifoSpec { path: path.to_owned(), owner: own(), script: None }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn quiet() -> Log {
    Log::start(Vec::new(), Level::Error).unwrap()
}

fn open_fifo(spec: FifoSpec) -> Fifo {
    Fifo::open(spec, None, quiet(), Part::Checkers).unwrap()
}

fn lines(path: &Path) -> impl Iterator<Item = String> {
    BufReader::new(File::open(path).unwrap()).lines().map(Result::unwrap)
}

#[test]
fn it_is_made_written_and_removed() {
    let dir = directory();
    let path = dir.path().join("fifo");
    let fifo = open_fifo(spec(&path));
    until("it is made", || path.metadata().is_ok_and(|meta| meta.file_type().is_fifo()));
    // Nobody reads yet.
    for number in 0..100 {
        fifo.line(&format!("line {number}"));
    }
    let read: Vec<String> = lines(&path).take(100).collect();
    assert_eq!(read, (0..100).map(|number| format!("line {number}")).collect::<Vec<_>>());
    fifo.finish();
    assert!(!path.exists());
}

#[test]
fn one_that_is_there_stays() {
    let dir = directory();
    let path = dir.path().join("fifo");
    mkfifoat(CWD, &path, Mode::from_raw_mode(0o600)).unwrap();
    let mut reader =
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&path).map(BufReader::new).unwrap();
    let fifo = open_fifo(spec(&path));
    fifo.line("RS 1 UP");
    let mut line = String::new();
    until("the line", || reader.read_line(&mut line).is_ok_and(|length| length > 0));
    assert_eq!(line, "RS 1 UP\n");
    fifo.finish();
    assert!(path.exists());
}

#[test]
fn another_users_fifo_or_a_file_is_left_alone() {
    let dir = directory();
    let path = dir.path().join("file");
    std::fs::write(&path, "before\n").unwrap();
    let fifo = open_fifo(spec(&path));
    fifo.line("line");
    fifo.finish();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\n");
    if user::own().uid != 0 {
        return;
    }
    let theirs = dir.path().join("theirs");
    mkfifoat(CWD, &theirs, Mode::from_raw_mode(0o600)).unwrap();
    chown(&theirs, Some(65534), None).unwrap();
    let mut reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&theirs).unwrap();
    let fifo = open_fifo(spec(&theirs));
    fifo.line("line");
    fifo.finish();
    assert_eq!(io::Read::read(&mut reader, &mut [0; 9]).unwrap(), 0);
    // Of the user that is meant it is used; and a new one becomes that user's.
    let to_nobody = |path: &Path| FifoSpec { owner: runner(Some("nobody")), ..spec(path) };
    let fifo = open_fifo(to_nobody(&theirs));
    fifo.line("line");
    until("the line", || io::Read::read(&mut reader, &mut [0; 9]).is_ok_and(|length| length == 5));
    let new = dir.path().join("new");
    let other = open_fifo(to_nobody(&new));
    until("it is made", || new.metadata().is_ok_and(|meta| meta.uid() == 65534));
    fifo.finish();
    other.finish();
}

#[test]
fn who_does_not_read_loses_lines_and_holds_up_nobody() {
    let dir = directory();
    let path = dir.path().join("fifo");
    let fifo = open_fifo(spec(&path));
    until("it is made", || path.exists());
    let long = "x".repeat(200);
    for number in 0..10_000 {
        fifo.line(&format!("{number} {long}"));
    }
    let shared = Arc::clone(&fifo.lines);
    assert!(shared.lock().waiting.len() <= WAITING);
    let (read, got) = sync_channel(20_000);
    let from = path.clone();
    std::thread::spawn(move || lines(&from).for_each(|line| drop(read.send(line))));
    until("the waiting lines are read", || shared.lock().waiting.is_empty());
    fifo.line("last");
    let mut seen = Vec::new();
    loop {
        let line = got.recv_timeout(LONG).unwrap();
        if line == "last" {
            break;
        }
        seen.push(line.split(' ').next().unwrap().parse::<u32>().unwrap());
    }
    assert!(seen.len() >= WAITING && seen.len() < 10_000, "{} lines", seen.len());
    assert!(seen.is_sorted(), "in order");
    assert_eq!(seen[0], 0);
}

#[test]
fn its_script_reads_it_and_ends_with_it() {
    let dir = directory();
    let (path, out) = (dir.path().join("fifo"), dir.path().join("out"));
    let text =
        format!("echo $$ >{0}; while read line; do echo \"$line\" >>{0}; done <\"$2\"; sleep 1000", out.display());
    let argv = ["/bin/sh", "-c", &text, "name", "argument"].map(str::to_owned).to_vec();
    let fifo = open_fifo(FifoSpec { script: Some((argv, own())), ..spec(&path) });
    fifo.line("VS [10.0.0.1]:tcp:80 UP");
    fifo.line("last");
    let read = || std::fs::read_to_string(&out).unwrap_or_default();
    until("the lines are read", || read().ends_with("last\n"));
    let text = read();
    let read: Vec<&str> = text.lines().collect();
    assert_eq!(read[1..], ["VS [10.0.0.1]:tcp:80 UP", "last"]);
    fifo.finish();
    assert!(!Path::new(&format!("/proc/{}", read[0])).exists(), "the script lives");
    assert!(!path.exists());
}

#[test]
fn another_one_in_its_place_waits_for_its_end() {
    let dir = directory();
    let path = dir.path().join("fifo");
    let first = open_fifo(spec(&path));
    until("it is made", || path.exists());
    let argv = ["/bin/sh", "-c", "sleep 1000"].map(str::to_owned).to_vec();
    let other = FifoSpec { script: Some((argv, own())), ..spec(&path) };
    let second = Fifo::open(other, Some(first), quiet(), Part::Checkers).unwrap();
    second.line("line");
    until("it is made again", || path.exists() && second.lines.lock().waiting.is_empty());
    assert_eq!(lines(&path).next().as_deref(), Some("line"));
    second.finish();
    assert!(!path.exists());
}
