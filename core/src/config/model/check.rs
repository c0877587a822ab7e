//! Health checks of real servers.

use super::{Script, Shared, choices};
use crate::config::diagnostic::Place;
use crate::net::Name;
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// How it is found out whether a real server lives. Boxed where it is rare: there can be hundreds of thousands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Check {
    /// By talking to it.
    Network(NetworkCheck),
    /// `MISC_CHECK`: by a program.
    Misc(Box<MiscCheck>),
    /// `FILE_CHECK`: by the number in a file.
    File(Box<FileCheck>),
    /// `BFD_CHECK`: by a BFD session.
    Bfd(Box<BfdCheck>),
}

/// A check that sends something and judges what comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkCheck {
    /// Where.
    pub target: Target,
    /// When and how. Real servers are mostly checked alike: those that follow each other share it.
    pub manner: Shared<Manner>,
}

/// Where a check connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `connect_ip`
    pub ip: IpAddr,
    /// `connect_port`; 0 where the kind of check has no ports, or none is known.
    pub port: u16,
}

/// When a check is made, from where, and what is sent and expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// When.
    pub pacing: Pacing,
    /// `connect_timeout`: how long each answer may take.
    pub timeout: Duration,
    /// `bindto`: the own address; `None`: the kernel chooses.
    pub source: Option<IpAddr>,
    /// `bind_port`: the own port; 0: the kernel chooses.
    pub source_port: u16,
    /// `bind_if`: the interface.
    pub device: Option<String>,
    /// `fwmark`: the firewall mark of its packets; 0: none.
    pub mark: u32,
    /// What.
    pub probe: Probe,
}

/// When a check is made, and when it has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pacing {
    /// `delay_loop`: from one check to the next.
    pub delay_loop: Duration,
    /// `retry`: failures in a row that are forgiven.
    pub retry: u32,
    /// `delay_before_retry`: from a failure that is forgiven to the next check.
    pub delay_before_retry: Duration,
    /// `warmup`: the first check comes at a random moment of this time.
    pub warmup: Duration,
    /// `alpha`: taken for failed until it has succeeded.
    pub alpha: bool,
    /// `log_all_failures`: forgiven failures are told too.
    pub log_all_failures: bool,
}

/// What a network check sends and expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// `TCP_CHECK`: a connection.
    Tcp,
    /// `HTTP_GET` and `SSL_GET`
    Http(Box<HttpProbe>),
    /// `SMTP_CHECK`: a greeting with this name.
    Smtp(String),
    /// `DNS_CHECK`
    Dns(Box<DnsProbe>),
    /// `UDP_CHECK`
    Udp(Box<UdpProbe>),
    /// `PING_CHECK`: an echo.
    Ping,
}

impl Probe {
    /// What is asked for over HTTP.
    #[must_use]
    pub fn urls(&self) -> &[Url] {
        match self {
            Probe::Http(http) => &http.urls,
            _ => &[],
        }
    }
}

/// `HTTP_GET`, or `SSL_GET` with `tls`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpProbe {
    /// How TLS is spoken; `None`: not at all.
    pub tls: Option<Tls>,
    /// `http_protocol`
    pub version: HttpVersion,
    /// `fast_recovery`: URLs are asked for one after the other without a pause while the server is down.
    pub fast_recovery: bool,
    /// `url`: what is asked for; at least one.
    pub urls: Vec<Url>,
}

/// TLS of an `SSL_GET`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tls {
    /// Without a server name.
    Plain,
    /// `enable_sni`: with the URL's host as server name.
    HostName,
    /// `sni_name`: with this server name.
    Name(String),
}

choices! {
    /// `http_protocol`: what a request looks like.
    HttpVersion {
        /// HTTP/1.0
        V1_0 = "1.0",
        /// HTTP/1.0 with `Connection: close`.
        V1_0Close = "1.0C",
        /// HTTP/1.1
        V1_1 = "1.1",
    }
}

/// `url`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Url {
    /// `path`
    pub path: String,
    /// `virtualhost`; `None`: the address.
    pub host: Option<String>,
    /// `status_code`: what is a success; in order, without overlaps.
    pub status: Vec<StatusCodes>,
    /// `digest`: MD5 of the answer's body.
    pub digest: Option<[u8; 16]>,
    /// `regex`
    pub regex: Option<Regex>,
    /// `tls_compliant`: the end of the connection is announced, which it always is.
    pub tls_compliant: bool,
}

/// Status codes from a first to a last one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StatusCodes {
    /// The first; 100 or more.
    pub first: u16,
    /// The last; 599 or less.
    pub last: u16,
}

impl StatusCodes {
    /// What counts where nothing is said.
    pub const SUCCESS: StatusCodes = StatusCodes { first: 200, last: 299 };
}

/// `regex`: what the answer's body must look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regex {
    /// The pattern, in the language of PCRE2.
    pub pattern: String,
    /// `regex_no_match`: it must not look like this.
    pub no_match: bool,
    /// `regex_options`, in the order of [`RegexOption`], each once.
    pub options: Vec<RegexOption>,
    /// `regex_min_offset`: where in the body a match may begin at the earliest.
    pub min_offset: u64,
    /// `regex_max_offset`: and at the latest.
    pub max_offset: Option<u64>,
    /// `regex_stack`: bytes for the matcher, at first and at most.
    pub stack: Option<(u64, u64)>,
    /// Where the pattern is written.
    #[serde(skip)]
    pub at: Place,
}

choices! {
    /// `regex_options` (pcre2api(3)).
    RegexOption {
        /// `PCRE2_ALLOW_EMPTY_CLASS`
        AllowEmptyClass = "allow_empty_class",
        /// `PCRE2_ALT_BSUX`
        AltBsux = "alt_bsux",
        /// `PCRE2_AUTO_CALLOUT`
        AutoCallout = "auto_callout",
        /// `PCRE2_CASELESS`
        Caseless = "caseless",
        /// `PCRE2_DOLLAR_ENDONLY`
        DollarEndOnly = "dollar_endonly",
        /// `PCRE2_DOTALL`
        DotAll = "dotall",
        /// `PCRE2_DUPNAMES`
        DupNames = "dupnames",
        /// `PCRE2_EXTENDED`
        Extended = "extended",
        /// `PCRE2_FIRSTLINE`
        FirstLine = "firstline",
        /// `PCRE2_MATCH_UNSET_BACKREF`
        MatchUnsetBackref = "match_unset_backref",
        /// `PCRE2_MULTILINE`
        Multiline = "multiline",
        /// `PCRE2_NEVER_UCP`
        NeverUcp = "never_ucp",
        /// `PCRE2_NEVER_UTF`
        NeverUtf = "never_utf",
        /// `PCRE2_NO_AUTO_CAPTURE`
        NoAutoCapture = "no_auto_capture",
        /// `PCRE2_NO_AUTO_POSSESS`
        NoAutoPossess = "no_auto_possess",
        /// `PCRE2_NO_DOTSTAR_ANCHOR`
        NoDotStarAnchor = "no_dotstar_anchor",
        /// `PCRE2_NO_START_OPTIMIZE`
        NoStartOptimize = "no_start_optimize",
        /// `PCRE2_UCP`
        Ucp = "ucp",
        /// `PCRE2_UNGREEDY`
        Ungreedy = "ungreedy",
        /// `PCRE2_UTF`
        Utf = "utf",
        /// `PCRE2_NEVER_BACKSLASH_C`
        NeverBackslashC = "never_backslash_c",
        /// `PCRE2_ALT_CIRCUMFLEX`
        AltCircumflex = "alt_circumflex",
        /// `PCRE2_ALT_VERBNAMES`
        AltVerbNames = "alt_verbnames",
        /// `PCRE2_USE_OFFSET_LIMIT`
        UseOffsetLimit = "use_offset_limit",
    }
}

/// `DNS_CHECK`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsProbe {
    /// `type`
    pub kind: DnsType,
    /// `name`: what is asked for, without its last dot; empty: the root.
    pub name: String,
}

choices! {
    /// `type` of a DNS question (RFC 1035 section 3.2.2, RFC 3596, RFC 4034).
    DnsType {
        /// A host's IPv4 address.
        A = "A",
        /// A name server.
        Ns = "NS",
        /// An alias.
        Cname = "CNAME",
        /// The start of a zone.
        Soa = "SOA",
        /// A mail server.
        Mx = "MX",
        /// Text.
        Txt = "TXT",
        /// A host's IPv6 address.
        Aaaa = "AAAA",
        /// A signature.
        Rrsig = "RRSIG",
        /// A zone's key.
        Dnskey = "DNSKEY",
    }
}

/// `UDP_CHECK`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UdpProbe {
    /// `payload`: what is sent; empty: something at random.
    pub payload: Vec<u8>,
    /// `require_reply`; `None`: no answer is a success too, unless the network says that nobody is there.
    pub reply: Option<UdpReply>,
}

/// `require_reply`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UdpReply {
    /// What it must begin with; empty: anything.
    pub pattern: Vec<MaskedByte>,
    /// `min_reply_length`, in bytes.
    pub min_length: u16,
    /// `max_reply_length`, in bytes; `None`: nothing is said about the answer, so it may be of any length.
    pub max_length: Option<u16>,
}

/// A byte of which only some bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedByte {
    /// The byte; bits that do not count are 0.
    pub value: u8,
    /// The bits that count: all, the upper four, the lower four or none.
    pub mask: u8,
}

/// `MISC_CHECK`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiscCheck {
    /// When.
    pub pacing: Pacing,
    /// `misc_path` and `user`: what is run, and by whom.
    pub script: Box<Script>,
    /// `misc_timeout`: how long it may run.
    pub timeout: Duration,
    /// `misc_dynamic`: its exit status says the weight.
    pub dynamic: bool,
}

/// `FILE_CHECK`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCheck {
    /// `track_file`: a file that is tracked.
    pub file: Name,
    /// `weight`: what the number in the file is multiplied by; -(2^31 - 1) to 2^31 - 1.
    pub weight: i32,
    /// `reverse`: subtracted, not added.
    pub reverse: bool,
}

/// `BFD_CHECK`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BfdCheck {
    /// `name`: a BFD session.
    pub name: Name,
    /// `alpha`: taken for failed until the session is up.
    pub alpha: bool,
}
