//! What `-t` costs with large files: wall time, CPU and peak memory, and whether it grows with the file or faster.

#![allow(clippy::expect_used)] // Where nothing can be measured, that is all there is to say.

use crate::table::{Table, quantile};
use crate::{both, name};
use keepalived_netns_tests::daemon::Implementation;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Every VRID of 40 links, nearly.
const LINKS: usize = 40;

struct Case {
    text: &'static str,
    /// How many of the objects that the ratio is about.
    items: usize,
    write: fn(&mut dyn Write, usize) -> Result<()>,
    /// Whether it is of a size for which the C version takes minutes.
    huge: bool,
}

const INSTANCES: &str = "vrrp_instance";
const SERVERS: &str = "virtual_server x 10 real_server";
const UNLIKE: &str = "the same, no two alike";
const SEQUENCE: &str = "~SEQ of the manual page";

const CASES: [Case; 8] = [
    Case { text: INSTANCES, items: 100, write: instances, huge: false },
    Case { text: INSTANCES, items: 1_000, write: instances, huge: false },
    Case { text: INSTANCES, items: 10_000, write: instances, huge: false },
    Case { text: SERVERS, items: 1_000, write: servers, huge: false },
    Case { text: SERVERS, items: 10_000, write: servers, huge: false },
    Case { text: UNLIKE, items: 1_000, write: unlike, huge: false },
    Case { text: UNLIKE, items: 10_000, write: unlike, huge: false },
    Case { text: SEQUENCE, items: 65_024, write: sequence, huge: true },
];

/// `trials` of each, taking turns; nobody is waited for longer than `patience`.
pub(crate) fn run(trials: usize, patience: Duration) {
    println!(
        "`-t`, {trials} trials each (one of the largest for the C version, {} s at most), taking turns; interfaces exist.",
        patience.as_secs()
    );
    links();
    let folder = std::env::temp_dir().join(format!("keepalived-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for configurations");
    let mut table = Table::new(
        3,
        &["case", "daemon", "says", "items", "wall ms", "CPU ms", "peak MiB", "us/item", "per item : smallest"],
    );
    let mut smallest: Vec<(&str, Implementation, f64)> = Vec::new();
    for case in &CASES {
        let file = written(&folder, case);
        let mut samples: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
        for trial in 0..trials {
            for (n, implementation) in both().into_iter().enumerate() {
                if case.huge && trial > 0 && !implementation.is_ours() {
                    continue;
                }
                samples[n].push(measure(implementation, &file, patience));
            }
        }
        for (n, implementation) in both().into_iter().enumerate() {
            let samples = &samples[n];
            let of = |value: fn(&Sample) -> f64| {
                let mut values: Vec<f64> = samples.iter().map(value).collect();
                values.sort_by(f64::total_cmp);
                quantile(&values, 0.5).unwrap_or(f64::NAN)
            };
            let (wall, each) = (of(|s| s.wall), of(|s| s.cpu) * 1e3 / case.items as f64);
            let first = smallest.iter().find(|(text, who, _)| *text == case.text && *who == implementation);
            let ratio = first.map(|(.., first)| format!("{:.2}", each / first));
            if first.is_none() {
                smallest.push((case.text, implementation, each));
            }
            let says = samples.first().map_or("", |sample| sample.says());
            table.row(vec![
                case.text.to_owned(),
                name(implementation).to_owned(),
                says.to_owned(),
                case.items.to_string(),
                format!("{wall:.1}"),
                format!("{:.1}", of(|s| s.cpu)),
                format!("{:.2}", of(|s| s.peak_kib) / 1024.0),
                format!("{each:.2}"),
                ratio.unwrap_or_default(),
            ]);
        }
        let _ = std::fs::remove_file(file);
    }
    table.print();
    let _ = std::fs::remove_dir_all(folder);
}

struct Sample {
    /// `None`: nobody waited for it to end.
    status: Option<ExitStatus>,
    wall: f64,
    cpu: f64,
    peak_kib: f64,
}

impl Sample {
    fn says(&self) -> &'static str {
        match self.status.map(|status| (status.code(), status.signal())) {
            Some((Some(0), _)) => "fine",
            Some((Some(_), _)) => "complaints",
            Some(_) => "crash",
            None => "not done",
        }
    }
}

#[allow(clippy::zombie_processes)] // `wait` waits for it.
fn measure(implementation: Implementation, file: &Path, patience: Duration) -> Sample {
    let mut command = Command::new(implementation.program());
    command.arg("-t").arg("-f").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().expect("a keepalived to measure");
    let (status, usage) = wait(child.id(), start + patience);
    let wall = start.elapsed().as_secs_f64() * 1e3;
    let millis = |time: libc::timeval| time.tv_sec as f64 * 1e3 + time.tv_usec as f64 / 1e3;
    let cpu = millis(usage.ru_utime) + millis(usage.ru_stime);
    Sample { status, wall, cpu, peak_kib: usage.ru_maxrss as f64 }
}

/// Waits for a child, and says what it used. Kills it at `deadline`.
#[allow(unsafe_code)] // `wait4` tells what one child used; the standard library and nix have nothing of the kind.
fn wait(child: u32, deadline: Instant) -> (Option<ExitStatus>, libc::rusage) {
    let child = child as libc::pid_t;
    let mut late = false;
    let mut status = 0;
    // SAFETY: all zeros is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to locals of the right type; the child is ours and not waited for elsewhere.
        let done = unsafe { libc::wait4(child, &raw mut status, libc::WNOHANG, &raw mut usage) };
        if done != 0 {
            let ended = (done == child && !late).then(|| ExitStatus::from_raw(status));
            return (ended, usage);
        }
        if Instant::now() > deadline && !late {
            late = true;
            // SAFETY: the child is ours and not waited for yet, so the number is its own.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// `v0` to `v39`.
fn links() {
    for n in (0..LINKS).step_by(2) {
        let pair = [format!("v{n}"), format!("v{}", n + 1)];
        let made =
            Command::new("ip").args(["link", "add", &pair[0], "type", "veth", "peer", "name", &pair[1]]).status();
        assert!(made.is_ok_and(|status| status.success()), "no veth pair");
        for link in &pair {
            let _ = Command::new("ip").args(["link", "set", link, "up"]).status();
        }
    }
}

/// Written piece by piece: a child's peak is never less than the memory of the process that starts it.
fn written(folder: &Path, case: &Case) -> PathBuf {
    let path = folder.join("keepalived.conf");
    let mut out = BufWriter::new(File::create(&path).expect("a configuration"));
    (case.write)(&mut out, case.items).and_then(|()| out.flush()).expect("a configuration");
    path
}

fn instances(out: &mut dyn Write, count: usize) -> Result<()> {
    for n in 0..count {
        let (link, vrid) = (n / 250 % LINKS, n % 250 + 1);
        writeln!(
            out,
            "vrrp_instance VI_{n} {{\n    state BACKUP\n    interface v{link}\n    virtual_router_id {vrid}\n    \
             priority 100\n    advert_int 1\n    authentication {{\n        auth_type PASS\n        auth_pass secret\n    \
             }}\n    virtual_ipaddress {{\n        10.{}.{}.{}/32\n    }}\n}}",
            n >> 16,
            n >> 8 & 255,
            n & 255
        )?;
    }
    Ok(())
}

fn servers(out: &mut dyn Write, count: usize) -> Result<()> {
    balanced(out, count, |_| 1)
}

/// Neighbours have other weights.
fn unlike(out: &mut dyn Write, count: usize) -> Result<()> {
    balanced(out, count, |server| server)
}

fn balanced(out: &mut dyn Write, count: usize, weight: fn(usize) -> usize) -> Result<()> {
    for n in 0..count {
        writeln!(
            out,
            "virtual_server 10.{}.{}.{} 80 {{\n    delay_loop 6\n    lvs_sched rr\n    lvs_method NAT\n    protocol TCP",
            100 + (n >> 16),
            n >> 8 & 255,
            n & 255
        )?;
        for server in 1..=10 {
            writeln!(
                out,
                "    real_server 172.{}.{}.{} 80 {{\n        weight {}\n        TCP_CHECK {{\n            \
                 connect_timeout 3\n        }}\n    }}",
                16 + (n >> 12),
                n >> 4 & 255,
                (n & 15) * 16 + server,
                weight(server)
            )?;
        }
        writeln!(out, "}}")?;
    }
    Ok(())
}

/// Every instance of eight bonds with 32 VLANs each.
fn sequence(out: &mut dyn Write, _count: usize) -> Result<()> {
    out.write_all(
        b"global_defs {\n    dynamic_interfaces\n}\n\n$VI4= \\\n\
          track_file offset_instance_4.${IF}.${NUM}.${ID} { \\\n    \
          file \"${_PWD}/679/track_files/4.${IF}.${NUM}.${ID}\" \\\n    weight -100 \\\n} \\\n\
          vrrp_instance vrrp4.${IF}.${NUM}.${ID} { \\\n    interface bond${IF}.${NUM} \\\n    \
          use_vmac vrrp4.${IF}.${NUM}.${ID} \\\n    virtual_router_id ${ID} \\\n    priority 130 \\\n    \
          virtual_ipaddress { \\\n        10.${IF}.${NUM}.${ID}/24 \\\n    } \\\n    \
          track_file { \\\n        offset_instance_4.${IF}.${NUM}.${ID} \\\n    } \\\n}\n\n\
          ~SEQ(IF,0,7) ~SEQ(NUM,0,31) ~SEQ(ID,1,254) $VI4\n",
    )
}
