//! Health checks, inside `real_server`.

use super::lvs::{COUNT, INTERVAL, LOOSE, PAUSE, REAL_SERVER, TIMEOUT, lvs};
use super::{Arg, Keyword, Path, deprecated};
use crate::config::model::{DnsType, HttpVersion};

/// Inside `TCP_CHECK`.
pub const TCP_CHECK: Path = "virtual_server/real_server/TCP_CHECK";
/// Inside `HTTP_GET`.
pub const HTTP_GET: Path = "virtual_server/real_server/HTTP_GET";
/// Inside `url` of `HTTP_GET`.
pub const HTTP_URL: Path = "virtual_server/real_server/HTTP_GET/url";
/// Inside `SSL_GET`.
pub const SSL_GET: Path = "virtual_server/real_server/SSL_GET";
/// Inside `url` of `SSL_GET`.
pub const SSL_URL: Path = "virtual_server/real_server/SSL_GET/url";
/// Inside `SMTP_CHECK`.
pub const SMTP_CHECK: Path = "virtual_server/real_server/SMTP_CHECK";
/// Inside `host` of `SMTP_CHECK`.
pub const SMTP_HOST: Path = "virtual_server/real_server/SMTP_CHECK/host";
/// Inside `DNS_CHECK`.
pub const DNS_CHECK: Path = "virtual_server/real_server/DNS_CHECK";
/// Inside `UDP_CHECK`.
pub const UDP_CHECK: Path = "virtual_server/real_server/UDP_CHECK";
/// Inside `PING_CHECK`.
pub const PING_CHECK: Path = "virtual_server/real_server/PING_CHECK";
/// Inside `MISC_CHECK`.
pub const MISC_CHECK: Path = "virtual_server/real_server/MISC_CHECK";
/// Inside `FILE_CHECK`.
pub const FILE_CHECK: Path = "virtual_server/real_server/FILE_CHECK";
/// Inside `BFD_CHECK`.
pub const BFD_CHECK: Path = "virtual_server/real_server/BFD_CHECK";

const INHERITED: &str = "that of the real server";
const PORT: Arg = Arg::Integer(1, 65_535);
const HEX: &str = "HEX ...";

/// When a check is made.
const fn pacing(block: Path) -> [Keyword; 6] {
    [
        lvs(block, "delay_loop", INTERVAL, INHERITED, "seconds from one check to the next"),
        lvs(block, "retry", COUNT, INHERITED, "failures in a row that are forgiven"),
        lvs(block, "delay_before_retry", PAUSE, INHERITED, "seconds from a forgiven failure to the next check"),
        lvs(block, "warmup", PAUSE, INHERITED, "the first check comes at random within so many seconds"),
        lvs(block, "alpha", Arg::Switch, INHERITED, "taken for failed until it has succeeded"),
        lvs(block, "log_all_failures", Arg::Switch, "checker_log_all_failures", "forgiven failures are told too"),
    ]
}

/// Where a check connects to.
const fn target(block: Path) -> [Keyword; 7] {
    [
        lvs(block, "connect_ip", Arg::Host, "the real server's", "the address that is connected to"),
        lvs(block, "connect_port", PORT, "the real server's", "the port that is connected to"),
        lvs(block, "bindto", Arg::Host, "the kernel's choice", "the own address"),
        lvs(block, "bind_port", PORT, "the kernel's choice", "the own port"),
        lvs(block, "bind_if", Arg::Interface, "the kernel's choice", "the interface; link-local addresses need it"),
        lvs(block, "connect_timeout", TIMEOUT, INHERITED, "seconds that an answer may take"),
        lvs(block, "fwmark", COUNT, "0", "the firewall mark of the check's packets"),
    ]
}

const fn http(block: Path) -> [Keyword; 7] {
    [
        deprecated(lvs(block, "retry", COUNT, INHERITED, "failures in a row that are forgiven"), "nb_get_retry"),
        lvs(block, "virtualhost", Arg::Word, INHERITED, "the host that is asked for"),
        lvs(block, "http_protocol", Arg::AnyCase(HttpVersion::WORDS), "1.0", "how a request is written"),
        lvs(block, "enable_sni", Arg::Switch, "off", "TLS is told the host's name"),
        lvs(block, "sni_name", Arg::Optional(&Arg::Word), "the host", "the name that TLS is told"),
        lvs(block, "fast_recovery", Arg::Switch, "off", "no pause between the URLs while the server is down"),
        lvs(block, "url", Arg::Block, "", "what is asked for; all of them must succeed"),
    ]
}

const fn url(block: Path) -> [Keyword; 10] {
    [
        lvs(block, "path", Arg::Word, "", "the path, like /index.html"),
        lvs(block, "digest", Arg::Hex(16, 16), "", "the MD5 sum that the answer's body must have").first_counts(),
        lvs(block, "status_code", Arg::Form("CODE[-CODE] ...", 1, usize::MAX), "200-299", "codes that are a success")
            .many(),
        lvs(block, "virtualhost", Arg::Word, "that of the check", "the host that is asked for"),
        lvs(block, "regex", Arg::Pattern, "", "a regular expression (PCRE2) that the answer's body must match"),
        lvs(block, "regex_no_match", Arg::Flag, "off", "the body must not match"),
        lvs(
            block,
            "regex_options",
            Arg::Form("OPTION ...", 1, usize::MAX),
            "",
            "options of pcre2_compile, in small letters",
        )
        .many(),
        lvs(block, "regex_min_offset", COUNT, "0", "where in the body a match may begin at the earliest"),
        lvs(block, "regex_max_offset", COUNT, "none", "where in the body a match may begin at the latest"),
        lvs(
            block,
            "regex_stack",
            Arg::Form("START MAX", 2, 2),
            "the library's",
            "bytes for the matcher, at first and at most",
        ),
    ]
}

const TLS_COMPLIANT: &str = "the end of a TLS connection is announced; here it always is";

/// What many checks have.
pub(super) const SHARED: &[&[Keyword]] = &[
    &pacing(TCP_CHECK),
    &target(TCP_CHECK),
    &pacing(HTTP_GET),
    &target(HTTP_GET),
    &http(HTTP_GET),
    &url(HTTP_URL),
    &pacing(SSL_GET),
    &target(SSL_GET),
    &http(SSL_GET),
    &url(SSL_URL),
    &pacing(SMTP_CHECK),
    &target(SMTP_CHECK),
    &pacing(SMTP_HOST),
    &target(SMTP_HOST),
    &pacing(DNS_CHECK),
    &target(DNS_CHECK),
    &pacing(UDP_CHECK),
    &target(UDP_CHECK),
    &pacing(PING_CHECK),
    &target(PING_CHECK),
    &pacing(MISC_CHECK),
];

#[rustfmt::skip]
pub(super) const KEYWORDS: &[Keyword] = &[
    lvs(REAL_SERVER, "TCP_CHECK", Arg::Block, "", "lives when a TCP connection succeeds"),
    lvs(REAL_SERVER, "HTTP_GET", Arg::Block, "", "lives when web pages are as they should be"),
    lvs(REAL_SERVER, "SSL_GET", Arg::Block, "", "the same over TLS"),
    lvs(REAL_SERVER, "SMTP_CHECK", Arg::Block, "", "lives when it answers as a mail server"),
    lvs(REAL_SERVER, "DNS_CHECK", Arg::Block, "", "lives when it answers a DNS question"),
    lvs(REAL_SERVER, "UDP_CHECK", Arg::Block, "", "lives when a UDP packet is answered, or not refused"),
    lvs(REAL_SERVER, "PING_CHECK", Arg::Block, "", "lives when it answers an ICMP echo"),
    lvs(REAL_SERVER, "MISC_CHECK", Arg::Block, "", "lives when a program says so"),
    lvs(REAL_SERVER, "FILE_CHECK", Arg::Block, "", "lives, and has the weight, that a tracked file says"),
    lvs(REAL_SERVER, "BFD_CHECK", Arg::Block, "", "lives while a BFD session is up")
        .not_yet("no BFD sessions are kept, and nothing is checked"),

    lvs(SSL_GET, "tls_compliant", Arg::Switch, "off", TLS_COMPLIANT),
    lvs(SSL_URL, "tls_compliant", Arg::Switch, "that of the check", TLS_COMPLIANT),
    lvs(SMTP_CHECK, "helo_name", Arg::Word, "smtpchecker.keepalived.org", "the name in the greeting"),
    lvs(SMTP_CHECK, "host", Arg::Block, "", "another address that is checked; a further SMTP_CHECK does the same"),
    lvs(DNS_CHECK, "type", Arg::AnyCase(DnsType::WORDS), "SOA", "the type of record that is asked for"),
    lvs(DNS_CHECK, "name", Arg::Word, ".", "the name that is asked for"),
    lvs(UDP_CHECK, "payload", Arg::Form(HEX, 1, usize::MAX), "something at random", "the bytes that are sent"),
    lvs(UDP_CHECK, "require_reply", Arg::Form("[HEX ...]", 0, usize::MAX), "off",
        "an answer is needed, and begins with these bytes; an x stands for any digit"),
    lvs(UDP_CHECK, "min_reply_length", Arg::Integer(0, 65_535), "0", "bytes that the answer has at least"),
    lvs(UDP_CHECK, "max_reply_length", Arg::Integer(0, 65_535), "255", "bytes that the answer has at most"),
    lvs(MISC_CHECK, "misc_path", Arg::Command, "", "the program and its arguments, in quotes"),
    lvs(MISC_CHECK, "misc_timeout", PAUSE, "delay_loop of the virtual server", "seconds that the program may run"),
    lvs(MISC_CHECK, "misc_dynamic", LOOSE, "off", "an exit status from 2 to 255 sets the weight to two less"),
    lvs(MISC_CHECK, "user", Arg::User, "script_user", "who runs the program"),
    lvs(FILE_CHECK, "track_file", Arg::Word, "", "the name of a track_file block"),
    lvs(FILE_CHECK, "weight", Arg::Form("N [reverse|noreverse]", 1, 2), "that of the track_file",
        "what the number in the file is multiplied by"),
    lvs(BFD_CHECK, "name", Arg::Word, "", "the name of a bfd_instance"),
    lvs(BFD_CHECK, "alpha", Arg::Switch, "that of the real server", "taken for failed until the session is up"),
];
