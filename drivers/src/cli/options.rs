//! The command line. The options are those of the C version 2.4, short and long, so that unit files and scripts keep working.

use super::commands::Command;
use crate::files::{DEFAULT, Wanted};
use clap::{ArgAction, Args, Parser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const WHAT: &str = "What to run";
const LOG: &str = "Log";
const PROCESS: &str = "Process";
const RECORD: &str = "Recording";
const ASK: &str = "Ask and go";
const LATER: &str = "Not built yet (accepted with a warning)";

/// Makes addresses survive the machine that holds them (VRRP: RFC 9568, RFC 3768), and spreads connections over the servers that
/// pass their health checks (IPVS).
///
/// Without a command it runs as a daemon with /etc/keepalived/keepalived.conf.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "keepalived",
    infer_long_args = true,
    args_override_self = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Options {
    /// Configuration file
    #[arg(short = 'f', long = "use-file", value_name = "FILE", help_heading = WHAT)]
    pub use_file: Option<PathBuf>,
    /// An `include` that finds nothing is an error
    #[arg(short = 'e', long = "all-config", global = true, help_heading = WHAT)]
    pub all_config: bool,
    /// Which lines beginning with @ID count [default: the host's name up to its first dot]
    #[arg(short = 'i', long = "config-id", value_name = "ID", global = true, help_heading = WHAT)]
    pub config_id: Option<String>,
    /// Only VRRP, no health checks
    #[arg(short = 'P', long, help_heading = WHAT)]
    pub vrrp: bool,
    /// Only health checks, no VRRP
    #[arg(short = 'C', long, help_heading = WHAT)]
    pub check: bool,
    /// No BFD (not built yet: always so)
    #[arg(short = 'B', long = "no_bfd", help_heading = WHAT)]
    pub no_bfd: bool,
    /// Run all parts even without configuration (always so)
    #[arg(long = "all", help_heading = WHAT)]
    pub all: bool,
    /// Do not start with a configuration of which there is anything to complain: a warning is enough
    #[arg(long, help_heading = WHAT)]
    pub strict: bool,
    /// Run in this network namespace, as `ip netns` names it
    #[arg(short = 's', long, value_name = "NAME", help_heading = WHAT)]
    pub namespace: Option<String>,
    /// Leave the virtual addresses in place at the end, and do not resign
    #[arg(short = 'V', long = "dont-release-vrrp", help_heading = WHAT)]
    pub dont_release_vrrp: bool,
    /// Release the virtual addresses at the end, however it comes (always so)
    #[arg(short = 'X', long = "release-vips", help_heading = WHAT)]
    pub release_vips: bool,
    /// Leave the IPVS table in place at the end
    #[arg(short = 'I', long = "dont-release-ipvs", help_heading = WHAT)]
    pub dont_release_ipvs: bool,

    /// Log to standard error too (with -n)
    #[arg(short = 'l', long = "log-console", help_heading = LOG)]
    pub log_console: bool,
    /// More detail in the log
    #[arg(short = 'D', long = "log-detail", action = ArgAction::Count, help_heading = LOG)]
    pub log_detail: u8,
    /// Syslog facility: 0 to 7, local0 to local7 or a name [default: daemon]
    #[arg(short = 'S', long = "log-facility", value_name = "FACILITY", help_heading = LOG)]
    pub log_facility: Option<String>,
    /// Log to a file too [default file: /var/log/keepalived.log]
    #[arg(short = 'g', long = "log-file", value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = LOG)]
    pub log_file: Option<Option<PathBuf>>,
    /// Write every line to the log file at once
    #[arg(long = "flush-log-file", help_heading = LOG)]
    pub flush_log_file: bool,
    /// Do not log to syslog
    #[arg(short = 'G', long = "no-syslog", help_heading = LOG)]
    pub no_syslog: bool,

    /// Log the configuration as it was understood, without defaults and passwords
    #[arg(short = 'd', long = "dump-conf", help_heading = LOG)]
    pub dump_conf: bool,

    /// Stay in the foreground
    #[arg(short = 'n', long = "dont-fork", help_heading = PROCESS)]
    pub dont_fork: bool,
    /// Pid file [default: /run/keepalived.pid, or /run/keepalived-NAME.pid with -s NAME]
    #[arg(short = 'p', long = "pid", value_name = "FILE", help_heading = PROCESS)]
    pub pid: Option<PathBuf>,
    /// A second pid file, with the id of the process that runs VRRP (which is the same)
    #[arg(short = 'r', long = "vrrp_pid", value_name = "FILE", help_heading = PROCESS)]
    pub vrrp_pid: Option<PathBuf>,
    /// Another pid file, with the id of the process that makes health checks (which is the same)
    #[arg(short = 'c', long = "checkers_pid", value_name = "FILE", help_heading = PROCESS)]
    pub checkers_pid: Option<PathBuf>,
    /// File mode creation mask: octal with a leading 0, or 0x, or decimal [default: 0177]
    #[arg(short = 'u', long, value_name = "MASK", help_heading = PROCESS)]
    pub umask: Option<String>,
    /// Do not start child processes again (there are none)
    #[arg(short = 'R', long = "dont-respawn", help_heading = PROCESS)]
    pub dont_respawn: bool,
    /// Allow core dumps
    #[arg(short = 'm', long = "core-dump", help_heading = PROCESS)]
    pub core_dump: bool,
    /// Do not stop on SIGINT
    #[arg(long = "ignore-sigint", help_heading = PROCESS)]
    pub ignore_sigint: bool,

    /// Record what the protocol is told and does, in files in this directory
    #[arg(long, value_name = "DIR", help_heading = RECORD)]
    pub record: Option<PathBuf>,
    /// How much is kept of it, in MiB
    #[arg(long = "record-limit", value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1 << 20), help_heading = RECORD)]
    pub record_limit: u64,

    /// Check the configuration, complaints to FILE or standard error: 0 fine, 4 no file, 5 complaints, 6 insecure scripts
    #[arg(short = 't', long = "config-test", value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = ASK)]
    pub config_test: Option<Option<PathBuf>>,
    /// Print the number of the signal for STOP, RELOAD, DATA, STATS, STATS_CLEAR or JSON
    #[arg(long, value_name = "FUNCTION", help_heading = ASK)]
    pub signum: Option<String>,
    /// Print the MD5 sum of a page, as genhash(1); its options follow. Must come first
    #[arg(short = 'T', long = "genhash", help_heading = ASK)]
    pub genhash: bool,
    /// Print the version
    #[arg(short = 'v', long, help_heading = ASK)]
    pub version: bool,
    /// Print this help
    #[arg(short = 'h', long, action = ArgAction::Help, help_heading = ASK)]
    help: Option<bool>,

    /// What the C version knows and this one does not yet.
    #[command(flatten)]
    pub later: Later,

    /// A command instead of the daemon.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that have no effect yet.
#[derive(Clone, Debug, Args)]
pub struct Later {
    /// Pid file of BFD
    #[arg(short = 'b', long = "bfd_pid", value_name = "FILE", help_heading = LATER)]
    pub bfd_pid: Option<PathBuf>,
    /// Log every address that comes and goes
    #[arg(short = 'a', long = "address-monitoring", help_heading = LATER)]
    pub address_monitoring: bool,
    /// SNMP
    #[arg(short = 'x', long = "snmp", help_heading = LATER)]
    pub snmp: bool,
    /// SNMP agent socket
    #[arg(short = 'A', long = "snmp-agent-socket", value_name = "FILE", help_heading = LATER)]
    pub snmp_agent_socket: Option<String>,
    /// Where core dumps go
    #[arg(short = 'M', long = "core-dump-pattern", value_name = "PATTERN", num_args = 0..=1, require_equals = true, help_heading = LATER)]
    pub core_dump_pattern: Option<Option<String>>,
}

/// getopt(3) takes the optional value of a short option without an equals sign: `-g/var/log/k.log`. Without one we take what
/// begins like a path; other letters are options, as in `-tn`.
pub fn with_equals_sign(arg: OsString) -> OsString {
    const FLAGS: &str = "PCBVXIlDGdnRmvhaxeT";
    let Some(bundle) = arg.to_str().and_then(|text| text.strip_prefix('-')) else { return arg };
    let letters = bundle.find(['/', '.']).map_or("", |end| &bundle[..end]);
    match letters.strip_suffix(['t', 'g', 'M']) {
        Some(flags) if flags.chars().all(|letter| FLAGS.contains(letter)) => {
            format!("-{letters}={}", &bundle[letters.len()..]).into()
        }
        _ => arg,
    }
}

/// The arguments of `genhash`, its name first, if that is what is asked for: by the program's name, or by its first option.
#[must_use]
pub fn of_genhash(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let (name, rest) = arguments.split_first()?;
    if Path::new(name).file_name().is_some_and(|name| name == "genhash") {
        return Some(arguments.to_vec());
    }
    let (first, rest) = rest.split_first()?;
    (first == "-T" || first == "--genhash")
        .then(|| std::iter::once("genhash".into()).chain(rest.iter().cloned()).collect())
}

impl Options {
    /// A line for each option that was given and has no effect yet.
    #[must_use]
    pub fn not_yet(&self) -> Vec<String> {
        let later = &self.later;
        [
            (later.bfd_pid.is_some(), "-b/--bfd_pid", "BFD is not built yet"),
            (later.address_monitoring, "-a/--address-monitoring", "not built yet"),
            (later.snmp, "-x/--snmp", "SNMP is not built yet"),
            (later.snmp_agent_socket.is_some(), "-A/--snmp-agent-socket", "SNMP is not built yet"),
            (later.core_dump_pattern.is_some(), "-M/--core-dump-pattern", "not built yet; -m alone works"),
        ]
        .into_iter()
        .filter(|(given, ..)| *given)
        .map(|(_, option, why)| format!("{option} has no effect: {why}"))
        .collect()
    }

    /// The configuration that is meant; `file` comes before `-f`.
    #[must_use]
    pub fn wanted(&self, file: Option<&Path>) -> Wanted {
        let file = file.or(self.use_file.as_deref()).unwrap_or(Path::new(DEFAULT));
        Wanted { file: file.to_owned(), id: self.config_id.clone(), all_files: self.all_config, strict: self.strict }
    }

    /// Why these options cannot be run with at all.
    #[must_use]
    pub fn refused(&self) -> Option<&'static str> {
        if self.genhash {
            Some("-T/--genhash must be the first option: what follows are the options of genhash(1)")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn bundles_repetitions_and_abbreviations() {
        let options = parse("keepalived -nlDD -f a -fb --dont-re --pid=/x").unwrap_err();
        assert!(options.to_string().contains("dont-re"), "ambiguous: {options}");
        let options = parse("keepalived -nlDD -f a -fb --log-det --pid=/x").unwrap();
        assert!(options.dont_fork && options.log_console);
        assert_eq!(options.log_detail, 3);
        assert_eq!(options.use_file, Some("b".into()));
        assert_eq!(options.pid, Some("/x".into()));
    }

    #[test]
    fn optional_values_need_an_equals_sign() {
        assert_eq!(parse("keepalived -t").unwrap().config_test, Some(None));
        assert_eq!(parse("keepalived -t -f x").unwrap().config_test, Some(None));
        assert_eq!(parse("keepalived -t=out").unwrap().config_test, Some(Some("out".into())));
        assert_eq!(parse("keepalived --config-test=out").unwrap().config_test, Some(Some("out".into())));
        assert!(parse("keepalived -tn").unwrap().config_test == Some(None));
    }

    #[test]
    fn an_optional_path_needs_none() {
        let same = |text: &str| assert_eq!(with_equals_sign(text.into()), text);
        assert_eq!(with_equals_sign("-g/var/log/k.log".into()), "-g=/var/log/k.log");
        assert_eq!(with_equals_sign("-nlt./out".into()), "-nlt=./out");
        for text in ["-g", "-tn", "-t=/x", "-f/etc/g/x", "-fconfig/x", "--log-file=/x", "/g/x", "-"] {
            same(text);
        }
    }

    #[test]
    fn genhash_by_its_names() {
        let of = |words: &str| {
            let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
            of_genhash(&words).map(|words| words.join(" ".as_ref()).into_string().unwrap())
        };
        assert_eq!(of("/usr/bin/genhash -s ::1 -v").as_deref(), Some("/usr/bin/genhash -s ::1 -v"));
        assert_eq!(of("keepalived -T -s ::1").as_deref(), Some("genhash -s ::1"));
        assert_eq!(of("keepalived --genhash").as_deref(), Some("genhash"));
        assert_eq!(of("keepalived genhash -s ::1"), None);
        assert_eq!(of("keepalived -n -T"), None);
        assert!(parse("keepalived -n -T").unwrap().refused().is_some());
    }

    #[test]
    fn the_configuration_that_is_meant() {
        let wanted = parse("keepalived -e -i main -f a.conf").unwrap().wanted(None);
        let expected = Wanted { file: "a.conf".into(), id: Some("main".into()), all_files: true, strict: false };
        assert_eq!(wanted, expected);
        let other = parse("keepalived -f a.conf").unwrap().wanted(Some(Path::new("b.conf")));
        assert_eq!((other.file, other.id), ("b.conf".into(), None));
        assert_eq!(parse("keepalived").unwrap().wanted(None).file, Path::new(DEFAULT));
    }

    #[test]
    fn what_is_not_built_yet_is_named() {
        let options = parse("keepalived -x -b f -a -M").unwrap();
        let lines = options.not_yet();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].contains("--bfd_pid"), "{lines:?}");
        assert!(parse("keepalived -C").unwrap().refused().is_none());
        assert!(parse("keepalived -T").unwrap().refused().is_some());
    }
}
