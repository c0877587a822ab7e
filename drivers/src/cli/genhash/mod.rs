//! `genhash`: the MD5 sum that a `digest` of `HTTP_GET` and `SSL_GET` is compared with. It asks and listens by the code of the check itself.

mod line;

use super::exit;
use clap::{Args, Parser};
use keepalived_core::check::probe::{Attempt, Step, Verdict, dial};
use keepalived_core::check::{ConnFailure, ConnNews};
use keepalived_core::config::model::{
    HttpProbe, HttpVersion, Manner, NetworkCheck, Pacing, Probe, StatusCodes, Target, Tls, Url,
};
use keepalived_core::kernel::Errno;
use line::Line;
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What to ask for. The options are those of the C version.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct Genhash {
    /// Address of the server
    #[arg(short = 's', long = "server", value_name = "ADDRESS")]
    server: IpAddr,
    /// Its port
    #[arg(short = 'p', long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Path of the page
    #[arg(short = 'u', long, value_name = "PATH")]
    url: String,
    /// Speak TLS
    #[arg(short = 'S', long)]
    use_ssl: bool,
    /// Send the virtual host as the server's name (SNI)
    #[arg(short = 'I', long)]
    use_sni: bool,
    /// Host header [default: address and port]
    #[arg(short = 'V', long, value_name = "HOST")]
    use_virtualhost: Option<String>,
    /// 1.0, 1.0c (with `Connection: close`) or 1.1
    #[arg(short = 'P', long, value_name = "VERSION", default_value = "1.0", value_parser = version)]
    protocol: HttpVersion,
    /// Seconds that the connection, and then the answer, may take
    #[arg(short = 't', long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
    /// Firewall mark of the packets
    #[arg(short = 'm', long, value_name = "MARK", default_value_t = 0)]
    fwmark: u32,
    /// Print the dialogue too, and how long it took
    #[arg(short = 'v', long)]
    verbose: bool,
}

/// The program when it is called `genhash`.
#[derive(Debug, Parser)]
#[command(name = "genhash", about = ABOUT, infer_long_args = true, args_override_self = true)]
struct Program {
    #[command(flatten)]
    options: Genhash,
}

const ABOUT: &str = "Print the MD5 sum of a page, for `digest` of HTTP_GET and SSL_GET";

fn version(word: &str) -> Result<HttpVersion, String> {
    match word {
        "1.0" => Ok(HttpVersion::V1_0),
        "1.0c" | "1.0C" => Ok(HttpVersion::V1_0Close),
        "1.1" => Ok(HttpVersion::V1_1),
        _ => Err("expected 1.0, 1.0c or 1.1".to_owned()),
    }
}

/// Runs as `genhash`. `arguments`: the program's name, and what follows.
pub(super) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Program::try_parse_from(arguments) {
        Ok(program) => genhash(&program.options),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(exit::FATAL) } else { ExitCode::SUCCESS }
        }
    }
}

/// Prints the sum: 0; or why there is none: 1.
pub(super) fn genhash(options: &Genhash) -> ExitCode {
    let start = Instant::now();
    let mut heard = Vec::new();
    let result = ask(&options.check(), |bytes| heard.extend_from_slice(bytes), options.verbose);
    let mut text = String::new();
    if options.verbose {
        let head = heard.windows(4).position(|end| end == b"\r\n\r\n").map_or(heard.len(), |at| at + 4);
        let (head, body) = heard.split_at(head);
        let _ = write!(text, "{}\n{}", String::from_utf8_lossy(head).trim_end(), dump(body));
        let _ = writeln!(text, "{} bytes of the body in {:.3} s", body.len(), start.elapsed().as_secs_f64());
    }
    if let Ok(digest) = result {
        let _ = writeln!(text, "{}", hex(&digest));
    }
    let written = io::stdout().write_all(text.as_bytes());
    match result {
        Ok(_) if written.is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(exit::FATAL),
        Err(reason) => {
            eprintln!("genhash: {reason}");
            ExitCode::from(exit::FATAL)
        }
    }
}

impl Genhash {
    /// The check that asks for it. Whatever the status is, there is a sum.
    fn check(&self) -> NetworkCheck {
        let tls = match (self.use_ssl, self.use_sni) {
            (false, _) => None,
            (true, false) => Some(Tls::Plain),
            (true, true) => Some(Tls::HostName),
        };
        let url = Url {
            path: self.url.clone(),
            host: self.use_virtualhost.clone(),
            status: vec![StatusCodes { first: 0, last: u16::MAX }],
            digest: Some([0; 16]),
            regex: None,
            tls_compliant: false,
        };
        let pacing = Pacing {
            delay_loop: Duration::ZERO,
            retry: 0,
            delay_before_retry: Duration::ZERO,
            warmup: Duration::ZERO,
            alpha: false,
            log_all_failures: false,
        };
        let probe = HttpProbe { tls, version: self.protocol, fast_recovery: false, urls: vec![url] };
        let manner = Manner {
            pacing,
            timeout: Duration::from_secs(self.timeout.into()),
            source: None,
            source_port: 0,
            device: None,
            mark: self.fwmark,
            probe: Probe::Http(Box::new(probe)),
        };
        NetworkCheck { target: Target { ip: self.server, port: self.port }, manner: manner.into() }
    }
}

/// Makes an attempt of the check, and gives the sum that it computes. What is heard goes to `hear`.
fn ask(check: &NetworkCheck, mut hear: impl FnMut(&[u8]), verbose: bool) -> Result<[u8; 16], String> {
    let mut attempt = Attempt::new(check, 0, 0);
    let timeout = check.manner.timeout;
    let mut line = None;
    let mut buffer = [0; 16 * 1024];
    let mut step = match Line::open(&dial(check, 0), timeout) {
        Ok(opened) => {
            line = Some(opened);
            attempt.on(check, ConnNews::Connected)
        }
        Err(error) => broken(&mut attempt, check, &error),
    };
    loop {
        let result = match (step, &mut line) {
            (Step::Done(verdict), _) => return sum(&attempt, verdict),
            (Step::Send(bytes), Some(line)) => {
                if verbose {
                    println!("{}", String::from_utf8_lossy(&bytes).trim_end());
                    println!();
                }
                line.send(&bytes, timeout)
            }
            (_, Some(_)) => Ok(()),
            (_, None) => Err(ErrorKind::NotConnected.into()),
        };
        let result = result.and_then(|()| line.as_mut().map_or(Ok(0), |line| line.read(&mut buffer)));
        step = match result {
            Ok(0) => attempt.on(check, ConnNews::Closed { clean: true }),
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                hear(bytes);
                attempt.on(check, ConnNews::Data(Cow::Borrowed(bytes)))
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                attempt.on(check, ConnNews::Closed { clean: false })
            }
            Err(error) => broken(&mut attempt, check, &error),
        };
    }
}

fn broken(attempt: &mut Attempt, check: &NetworkCheck, error: &io::Error) -> Step {
    match error.raw_os_error() {
        _ if error.kind() == ErrorKind::TimedOut => Step::Done(attempt.timed_out(check)),
        Some(number) => attempt.on(check, ConnNews::Failed(ConnFailure::Errno(Errno(number)))),
        None => attempt.on(check, ConnNews::Failed(ConnFailure::Tls(error.to_string()))),
    }
}

/// The verdict says nothing here: any sum is one.
fn sum(attempt: &Attempt, verdict: Verdict) -> Result<[u8; 16], String> {
    attempt.digest().ok_or_else(|| match verdict {
        Verdict::Failed(reason) => reason,
        Verdict::Passed => "there is no sum".to_owned(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Bytes as `hexdump -C` shows them.
fn dump(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (number, line) in bytes.chunks(16).enumerate() {
        let _ = write!(out, "{:08x} ", number * 16);
        for column in 0..16 {
            let gap = if column % 8 == 0 { " " } else { "" };
            let _ = match line.get(column) {
                Some(byte) => write!(out, "{gap}{byte:02x} "),
                None => write!(out, "{gap}   "),
            };
        }
        let shown = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let _ = writeln!(out, " |{}|", line.iter().map(shown).collect::<String>());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Program::command().debug_assert();
    }

    #[test]
    fn a_dump() {
        let text = "00000000  61 0a 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |a.cdefghijklmnop|\n\
                    00000010  71                                                |q|\n";
        assert_eq!(dump(b"a\ncdefghijklmnopq"), text);
    }
}
