//! Recordings of the real engine, replayed, cut, damaged and altered.

use super::*;
use crate::Engine;
use crate::config::{Source, model::Config, parse};
use crate::kernel::{Address, Errno, KernelEvent, Link};
use crate::net::{IfIndex, MacAddr};
use crate::vrrp::{Input, Output, Packet, Vrrp};
use core::time::Duration;
use quickcheck::quickcheck;

const SECRETS: [&str; 2] = ["hunter27", "Tr0ub4do"];
const KEY: Key = Key::new(*b"a key of a test!");

fn config(password: &str, priority: u8) -> Config {
    let text = format!(
        "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n advert_int 1\n \
         authentication {{\n auth_type PASS\n auth_pass {password}\n }}\n virtual_ipaddress {{\n 10.0.0.100/24\n }}\n \
         notify \"/bin/true --token={password}\"\n}}\n"
    );
    let parsed = parse(&Source::single("test", text));
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    parsed.config
}

fn snapshot() -> KernelEvent {
    let link = Link {
        index: IfIndex(2),
        name: "eth0".to_owned(),
        up: true,
        running: true,
        mac: Some(MacAddr([2, 0, 0, 0, 0, 1])),
        arp_type: 1,
        no_arp: false,
        mtu: 1500,
    };
    let address = Address {
        index: IfIndex(2),
        ip: "10.0.0.1".parse().unwrap(),
        prefix: 24,
        scope: 0,
        proto: None,
        tentative: false,
        dad_failed: false,
        secondary: false,
    };
    KernelEvent::Snapshot { links: vec![link], addresses: vec![address] }
}

fn advert(priority: u8, password: &str, error: u16) -> Vec<u8> {
    let mut message = vec![0x21, 51, priority, 1, 1, 1, 0, 0, 10, 0, 0, 100];
    message.extend(password.bytes());
    let sum: u32 = message.chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum();
    let checksum = !(((sum & 0xffff) + (sum >> 16)) as u16);
    message[6..8].copy_from_slice(&checksum.wrapping_add(error).to_be_bytes());
    message
}

/// An engine that is recorded, with a kernel that does what it is told.
struct World {
    engine: Vrrp,
    recorder: Recorder,
    now: Time,
    file: Vec<u8>,
    outputs: Vec<Output>,
}

impl World {
    fn new() -> World {
        let (engine, recorder) = (Vrrp::new(7), Recorder::new(KEY, "test"));
        let now = Time::from_secs(100);
        let file = recorder.begin(now, 1_700_000_000_000_000_000, 0, &engine).unwrap();
        let mut world = World { engine, recorder, now, file, outputs: Vec::new() };
        world.tell(Input::Kernel(snapshot()));
        world.tell(Input::Configure(Box::new(config(SECRETS[0], 100))));
        world
    }

    fn tell(&mut self, input: Input<'_>) {
        self.recorder.step(self.now, &input);
        self.engine.handle(self.now, input);
        let mut answers = Vec::new();
        while let Some(output) = self.engine.poll() {
            self.recorder.output(&output);
            match &output {
                Output::Kernel(command) => answers.push(Input::KernelDone { id: command.id, result: Ok(()) }),
                Output::OpenSocket { key, .. } => answers.push(Input::Socket { key: *key, result: Ok(()) }),
                Output::RunScript(run) => answers.push(Input::ScriptEnded {
                    id: run.id,
                    status: crate::vrrp::ScriptStatus::NotStarted(Errno::ENOENT),
                }),
                _ => {}
            }
            self.outputs.push(output);
        }
        self.file.extend_from_slice(self.recorder.end().unwrap());
        for answer in answers {
            self.tell(answer);
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.engine.deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.tell(Input::Timeout);
        }
        self.now = end;
    }

    fn hear(&mut self, payload: &[u8]) {
        self.tell(Input::Packet(Packet {
            index: IfIndex(2),
            source: "10.0.0.2".parse().unwrap(),
            destination: "224.0.0.18".parse().unwrap(),
            ttl: Some(255),
            age: Duration::from_micros(payload.len() as u64),
            payload: payload.into(),
        }));
    }

    /// One thing that may happen, chosen by two numbers.
    fn happen(&mut self, what: u8, how: u8) {
        match what % 8 {
            0..=2 => self.pass(Duration::from_millis(u64::from(how) * 30)),
            3 => self.hear(&advert(how, SECRETS[0], 0)),
            4 => self.hear(&advert(how, SECRETS[1], 0)),
            5 => self.hear(&advert(how, SECRETS[usize::from(how % 2)], u16::from(how))),
            6 => self.hear(&advert(how, SECRETS[0], 0)[..usize::from(how) % 20]),
            _ => {
                let password = SECRETS[usize::from(how % 2)];
                self.tell(Input::Configure(Box::new(config(password, 100 + how % 4))));
            }
        }
    }
}

fn story() -> World {
    let mut world = World::new();
    world.hear(&advert(200, SECRETS[0], 0));
    world.hear(&advert(200, SECRETS[1], 0));
    world.pass(Duration::from_secs(6));
    world.hear(&advert(50, SECRETS[0], 0));
    world.tell(Input::Configure(Box::new(config(SECRETS[1], 101))));
    world.pass(Duration::from_secs(6));
    world.tell(Input::Stop { keep_addresses: false });
    world
}

fn find(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

quickcheck! {
    /// Law 9, and that no password is in the file, whatever happened.
    fn replay_is_exact_and_holds_no_password(happenings: Vec<(u8, u8)>) -> bool {
        let mut world = World::new();
        for (what, how) in happenings {
            world.happen(what, how);
        }
        let replay = replay(&world.file, |_, _| {}).unwrap();
        assert!(replay.divergence.is_none(), "{:?}", replay.divergence);
        replay.tail == Tail::Whole && SECRETS.iter().all(|secret| !find(&world.file, &secret[..6]))
    }

    /// A file that begins in the middle of things replays as well as one that saw them from the beginning.
    fn a_later_snapshot_replays_too(before: Vec<(u8, u8)>, after: Vec<(u8, u8)>) -> bool {
        let mut world = World::new();
        for (what, how) in before {
            world.happen(what, how);
        }
        world.file = world.recorder.begin(world.now, 0, 3, &world.engine).unwrap();
        for (what, how) in after {
            world.happen(what, how);
        }
        let replay = replay(&world.file, |_, _| {}).unwrap();
        assert!(replay.divergence.is_none(), "{:?}", replay.divergence);
        replay.header.lost == 3 && SECRETS.iter().all(|secret| !find(&world.file, &secret[..6]))
    }

    fn any_bytes_are_refused_or_read(bytes: Vec<u8>, after: bool) -> bool {
        let mut file = if after { story().file } else { MAGIC.to_vec() };
        file.extend(bytes);
        let _ = replay(&file, |_, _| {});
        true
    }

    fn a_flipped_bit_never_goes_unnoticed(at: usize, bit: u8) -> bool {
        let mut file = story().file;
        let at = at % file.len();
        file[at] ^= 1 << (bit % 8);
        match replay(&file, |_, _| {}) {
            Err(_) => true,
            Ok(replay) => replay.tail != Tail::Whole,
        }
    }
}

#[test]
fn the_passwords_mattered() {
    let world = story();
    let sent = |password: &str| {
        world
            .outputs
            .iter()
            .any(|output| matches!(output, Output::Send(advert) if advert.payload.ends_with(password.as_bytes())))
    };
    assert!(sent(SECRETS[0]) && sent(SECRETS[1]), "the engine itself had the real ones");
    assert!(!find(&world.file, "hunter") && !find(&world.file, "Tr0ub4"));
}

#[test]
fn a_cut_recording_is_good_up_to_the_cut() {
    let world = story();
    let whole = replay(&world.file, |_, _| {}).unwrap();
    let mut last = 0;
    let mut ends = 0;
    for length in 0..world.file.len() {
        match replay(&world.file[..length], |_, _| {}) {
            Err(error) => assert!(last == 0 && ends == 0, "{error} after {last} steps"),
            Ok(cut) => {
                assert!(cut.divergence.is_none());
                assert!(cut.steps >= last && cut.steps < whole.steps);
                ends += u64::from(cut.tail == Tail::Whole);
                last = cut.steps;
            }
        }
    }
    assert_eq!(last, whole.steps - 1);
    assert_eq!(ends, whole.steps, "a cut between two steps cannot be seen");
}

#[test]
fn the_first_divergence_is_named() {
    let mut world = World::new();
    world.pass(Duration::from_secs(10));
    // A step is recorded with one output more than the engine gave.
    world.recorder.step(world.now, &Input::Timeout);
    world.engine.handle(world.now, Input::Timeout);
    assert!(world.engine.poll().is_none());
    world.recorder.output(&Output::Stopped);
    world.file.extend_from_slice(world.recorder.end().unwrap());
    let at = world.now;
    world.pass(Duration::from_secs(10));

    let mut seen = 0;
    let replay = replay(&world.file, |_, _| seen += 1).unwrap();
    let divergence = replay.divergence.unwrap();
    assert_eq!(divergence.step.number, seen + 1);
    assert_eq!(divergence.step.at, at);
    assert_eq!(divergence.step.input, Input::Timeout);
    assert_eq!((divergence.step.outputs, divergence.got), (vec![Output::Stopped], Vec::new()));
    assert_eq!(replay.steps, seen);
}

#[test]
fn other_files_are_refused() {
    let file = story().file;
    let error = |bytes: &[u8]| replay(bytes, |_, _| {}).unwrap_err();
    assert_eq!(error(b""), ReplayError::NotARecording);
    assert_eq!(error(b"# a text\n"), ReplayError::NotARecording);
    assert_eq!(error(&MAGIC), ReplayError::Beginning("cut off"));
    let mut other = file.clone();
    other[MAGIC.len()] = 0xee;
    assert!(matches!(error(&other), ReplayError::Format(_)));
    assert_eq!(header(&file).unwrap().build, "test");
}

/// What is read from a file is what was written into it only while both agree on the shape of states, inputs and outputs. Where this
/// snapshot changes they no longer do: [`FORMAT`] is to be raised with it, unless that has happened since the last release.
#[test]
fn another_shape_is_another_format() {
    let mut world = story();
    let everything = include_str!("tests.conf");
    let parsed = parse(&Source::single("test", everything));
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    world.tell(Input::Configure(Box::new(parsed.config)));
    // FNV-1a: any hash that is the same on every machine would do.
    let hash = world
        .file
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let length = world.file.len();
    insta::assert_snapshot!(format!("format {FORMAT}: {length} bytes, {hash:016x}"));
}

#[test]
fn the_story_can_be_read() {
    let file = story().file;
    let mut lines = Vec::new();
    replay(&file, |step, engine| lines.extend(super::story::lines(step, engine))).unwrap();
    let has = |part: &str| assert!(lines.iter().any(|line| line.contains(part)), "no {part} in {lines:#?}");
    has("<- advert v2 vrid 51 priority 200, 1 address from 10.0.0.2 to 224.0.0.18 on eth0, TTL 255");
    has("another auth_pass than ours");
    has("(VI_1) MASTER: ");
    has("-> advert v2 vrid 51 priority 100, 1 address from 10.0.0.1");
    has("add 10.0.0.100/24 to eth0");
    has("-> gratuitous ARP for 10.0.0.100");
    has("-> advert v2 vrid 51 priority 0,");
}
