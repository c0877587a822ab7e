//! Configurations of real people, of the C version's maintainers and of their users' questions.
//!
//! The verdicts in the manifest are exit statuses of `keepalived -t` 2.4.3: 0 fine, 5 any complaint, 6 a complaint about
//! scripts, 2 a fatal mistake. Interfaces and scripts of these machines do not exist where they were taken, so 5 and 6
//! often mean nothing else.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use keepalived_core::config::{Parsed, Secrets, Severity, Source, keywords, parse, print, render, render_line};
use quickcheck::{Gen, QuickCheck};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder, which stands beside the repository and not in it.
fn folder() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(2);
    let found = above.map(|path| path.join("shared/corpus")).find(|path| path.join("MANIFEST.tsv").is_file());
    if found.is_none() {
        eprintln!("SKIPPED: there is no folder shared/corpus beside the repository");
    }
    found
}

struct Real {
    name: String,
    verdict: u8,
    source: Source,
}

/// A file as the first machine that it speaks of reads it.
fn source(name: &str, text: &str) -> Source {
    let mut source = Source::single(name, text);
    let id = text.lines().find_map(|line| line.trim().strip_prefix('@')).filter(|line| !line.starts_with('^'));
    source.settings.id = id.and_then(|id| id.split([' ', '\t']).next()).unwrap_or("host").to_owned();
    source
}

fn real() -> Option<Vec<Real>> {
    let folder = folder()?;
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut columns = manifest.lines().next().unwrap().split('\t');
    let verdict = columns.position(|column| column == "rc_2.4.3_stub").unwrap();
    let files = manifest.lines().skip(1).map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        let bytes = std::fs::read(folder.join(fields[0])).unwrap();
        Real {
            name: fields[0].to_owned(),
            verdict: fields[verdict].parse().unwrap(),
            source: source(fields[0], &String::from_utf8_lossy(&bytes)),
        }
    });
    Some(files.collect())
}

fn has(parsed: &Parsed, code: &str) -> bool {
    parsed.diagnostics.iter().any(|d| d.code == code)
}

/// Files whose every keyword is built and that we refuse, with the reason for which that is right.
const REFUSED: &[(&str, &str)] = &[
    ("Briefklammern__keepalived__1.conf", "`vrrp_script` without a name: the C version exits too"),
    ("Leif160519__seaweedfs__1.conf", "a template with `${router_id}`"),
    ("Mall0c__keydb-multi-master-issues__1.conf", "a template with `__VIRTUAL_IP__`"),
    ("OneideLuizSchneider__nginx-ha__1.conf", "a template with `floating_ip`"),
    ("busygina83__otus__2.conf", "an address blotted out as X.X.X.222"),
    ("doublez13__docker-swarm-example-setup__1.conf", "a template with `ID_GOES_HERE`"),
    ("laugmanuel__adguard-home-ha__1.conf", "a template with `${KEEPALIVED_STATE}`"),
    ("pqarmitage__keepalived-devel-tools__12.conf", "a port blotted out as XXX"),
    ("pqarmitage__keepalived-devel-tools__13.conf", "a port blotted out as XXX"),
    ("pqarmitage__keepalived-devel-tools__367.conf", "addresses blotted out as xx.xx.xx.234"),
    ("pqarmitage__keepalived-devel-tools__690.conf", "three files in one: scripts and instances of the same name"),
    ("shidg__note__2.conf", "a block that is not closed"),
    ("storm-factor__stability__1.conf", "`track_script` names `check_script`, which is written `ckeck_script`"),
    ("NotJesus172__dns-ubu__1.conf", "`priority` without a number: the C version exits too"),
    ("felskrone__python-confd__1.conf", "a template with `<your_interface_name>`"),
    ("kingkongmok__linux__5.conf", "`state`, `interface` and `priority` twice in one instance, with different values"),
    ("lesaux__docker-keepalived__1.conf", "a template with `<--VIP-->`"),
    ("pqarmitage__keepalived-devel-tools__417.conf", "`$IF=${IF}`: the C version hangs"),
    ("pqarmitage__keepalived-devel-tools__5.conf", "a prefix behind `mcast_src_ip`, which the C version skips"),
    ("pqarmitage__keepalived-devel-tools__450.conf", "`state EQUAL` and addresses blotted out as XXXX"),
    ("swaphb__boilerplates__1.conf", "`unicast_src_ip` without an address: the C version exits too"),
];

#[test]
fn what_the_c_version_runs_is_run() {
    let Some(files) = real() else { return };
    let (mut whole, mut wrong) = (0, Vec::new());
    for file in &files {
        let parsed = parse(&file.source);
        if has(&parsed, "not-read")
            || parsed.diagnostics.iter().any(|d| d.code == "not-yet" && d.severity == Severity::Error)
        {
            continue;
        }
        whole += 1;
        let refused = REFUSED.iter().any(|(name, _)| *name == file.name);
        if parsed.is_usable() == refused {
            let said: Vec<String> = parsed
                .diagnostics
                .iter()
                .filter(|d| d.severity == Severity::Error)
                .map(|d| render_line(d, &file.source))
                .collect();
            wrong.push(format!("{} ({})\n{}", file.name, file.verdict, said.join("\n")));
        }
        assert!(parsed.is_usable() || file.verdict != 0, "{}: the C version has no complaint", file.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(whole >= 25, "only {whole} files are wholly in the language that is built");
}

/// Where the C version has nothing to say, an error of ours can only be about what is not built.
#[test]
fn nothing_is_wrong_with_what_the_c_version_likes() {
    let Some(files) = real() else { return };
    let mut wrong = Vec::new();
    let refused = |file: &&Real| REFUSED.iter().any(|(name, _)| *name == file.name);
    for file in files.iter().filter(|file| file.verdict == 0 && !refused(file)) {
        let parsed = parse(&file.source);
        if parsed.diagnostics.iter().any(|d| d.code == "not-yet" && d.severity == Severity::Error) {
            // Lines are missing, so others may be wrong.
            continue;
        }
        let errors = parsed.diagnostics.iter().filter(|d| d.severity > Severity::Warning);
        wrong.extend(errors.filter(|d| d.code != "not-yet").map(|d| render_line(d, &file.source)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How long this thread has run so far: others use this machine too, and the clock on the wall counts them in.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn every_file_is_read_in_a_tenth_of_a_second() {
    let Some(files) = real() else { return };
    for file in &files {
        // The best of some: caches and the processor's mood differ.
        let took = (0..3).map(|_| {
            let begin = processor_time();
            std::hint::black_box(parse(&file.source));
            processor_time() - begin
        });
        let best = took.min().unwrap();
        // Some expand to ten thousands of lines; without optimisation that takes longer.
        let text = &file.source.files[0].text;
        if cfg!(debug_assertions) && (text.contains("~SEQ") || text.contains("\\\n")) {
            continue;
        }
        assert!(best < Duration::from_millis(100), "{} takes {best:?}", file.name);
    }
}

#[test]
fn what_is_read_can_be_printed_and_read_again() {
    let Some(files) = real() else { return };
    for file in &files {
        let first = parse(&file.source);
        if first.is_usable() {
            let text = print(&first.config, Secrets::Show);
            let second = parse(&Source::single("printed", text.clone()));
            assert!(second.is_usable() && second.config == first.config, "{}\n{text}", file.name);
        }
    }
}

/// Every keyword that the documents and sources of the C version know is in the table.
#[test]
fn every_known_keyword_is_in_the_table() {
    let Some(folder) = folder() else { return };
    let list = std::fs::read_to_string(folder.join("../keywords.tsv")).unwrap();
    let mut checked = 0;
    for row in list.lines().skip(1) {
        let path = row.split('\t').next().unwrap();
        // What is not a keyword: directives, and single values of keywords.
        if path.contains(['@', '$', '~', '=', ' ']) || path.starts_with("include") {
            continue;
        }
        let (block, name) = path.rsplit_once('/').unwrap_or(("", path));
        let block = keywords::all().map(|k| k.block).find(|b| *b == block).unwrap_or_else(|| panic!("{path}"));
        assert!(keywords::find(block, name).is_some(), "{path}");
        checked += 1;
    }
    assert!(checked > 500);
}

/// Pieces of real files are cut out, doubled, moved and overwritten.
#[test]
fn damaged_files_are_read() {
    let Some(files) = real() else { return };
    let texts: Vec<String> = files.into_iter().map(|file| file.source.files[0].text.clone()).collect();
    fn damaged(text: &str, cuts: &[(usize, u8, u8)]) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for (at, length, kind) in cuts {
            let start = at % (bytes.len() + 1);
            let end = (start + *length as usize).min(bytes.len());
            match kind % 5 {
                0 => drop(bytes.drain(start..end)),
                1 => drop(bytes.splice(start..start, bytes[start..end].to_vec())),
                2 => bytes[start..end].fill(*length),
                3 => bytes.insert(start, b"{}\"#!\\$@~\n"[*length as usize % 10]),
                _ => bytes.truncate(start),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
    fn check(text: &str) {
        let source = Source::single("damaged", text);
        let parsed = parse(&source);
        for d in &parsed.diagnostics {
            for span in std::iter::once(d.span).chain(d.also.iter().map(|(span, _)| *span)) {
                assert!(text.get(span.start..span.end).is_some(), "{d:?}");
            }
        }
        let _ = render(&parsed.diagnostics, &source, true);
    }
    type Cuts = Vec<(usize, u8, u8)>;
    static TEXTS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    TEXTS.set(texts).unwrap();
    fn property(which: usize, cuts: Cuts) -> bool {
        let texts = TEXTS.get().unwrap();
        check(&damaged(&texts[which % texts.len()], &cuts));
        true
    }
    QuickCheck::new().rng(Gen::new(6)).tests(600).quickcheck(property as fn(usize, Cuts) -> bool);
}
