//! The one table of keywords: what may stand where, what it takes, what it means, and whether it is built.
//!
//! Reading, "did you mean", documentation and completion all come from here. One file for each part of the language.

mod address;
mod bfd;
mod check;
pub mod describe;
mod directive;
pub mod example;
mod global;
mod index;
mod instance;
mod lvs;
mod net;
mod root;
mod route;
mod rule;
mod sync_group;
mod track;

pub use check::*;
pub use index::{begins_a_section, blocks_of, distinct, find, is_inside_not_yet, of, stands_in_not_yet};
pub use lvs::{REAL_SERVER, SSL, VIRTUAL_SERVER};

/// The block a keyword stands in: the keywords that open it, joined by `/`; empty outside every block.
pub type Path = &'static str;

/// Outside every block.
pub const ROOT: Path = "";
/// Inside `global_defs`.
pub const GLOBAL: Path = "global_defs";
/// Inside `vrrp_instance`.
pub const INSTANCE: Path = "vrrp_instance";
/// Inside `authentication` of an instance.
pub const AUTHENTICATION: Path = "vrrp_instance/authentication";
/// Inside `auth_hmac` of an instance.
pub const HMAC: Path = "vrrp_instance/auth_hmac";
/// Inside `vrrp_sync_group`.
pub const SYNC_GROUP: Path = "vrrp_sync_group";
/// Inside `vrrp_script`.
pub const SCRIPT: Path = "vrrp_script";
/// Inside `vrrp_track_process`.
pub const PROCESS: Path = "vrrp_track_process";
/// Inside `track_file`.
pub const FILE: Path = "track_file";
/// Inside `vrrp_track_file`, which is `track_file` under its old name.
pub const VRRP_FILE: Path = "vrrp_track_file";
/// Inside `garp_group`.
pub const GARP_GROUP: Path = "garp_group";
/// Inside `bfd_instance`.
pub const BFD: Path = "bfd_instance";
/// Inside `track_group`.
pub const TRACK_GROUP: Path = "track_group";
/// After the address on a line of `virtual_ipaddress` or `static_ipaddress`.
pub const ADDRESS: Path = "vrrp_instance/virtual_ipaddress";
/// What only stands on a line of `static_ipaddress`.
pub const STATIC_ADDRESS: Path = "static_ipaddress";
/// After the address on a line of `unicast_peer`.
pub const PEER: Path = "vrrp_instance/unicast_peer";
/// After the interface on a line of `track_interface`.
pub const TRACK: Path = "vrrp_instance/track_interface";
/// On a line of `static_routes` or `virtual_routes`.
pub const ROUTE: Path = "static_routes";
/// After `nexthop`.
pub const NEXTHOP: Path = "static_routes/nexthop";
/// After `encap ip`.
pub const ENCAP_IP: Path = "static_routes/encap/ip";
/// After `encap ip6`.
pub const ENCAP_IP6: Path = "static_routes/encap/ip6";
/// After `encap seg6`.
pub const ENCAP_SEG6: Path = "static_routes/encap/seg6";
/// On a line of `static_rules` or `virtual_rules`.
pub const RULE: Path = "static_rules";

/// Where words are parts of a line, and lines do not begin with keywords.
const LINES: &[Path] = &[ADDRESS, STATIC_ADDRESS, PEER, TRACK, ROUTE, NEXTHOP, ENCAP_IP, ENCAP_IP6, ENCAP_SEG6, RULE];

/// One keyword of one block.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// Where it may stand.
    pub block: Path,
    /// How it is written.
    pub name: &'static str,
    /// What follows it.
    pub arg: Arg,
    /// What holds where it is not written; empty: nothing.
    pub default: &'static str,
    /// One line of documentation.
    pub doc: &'static str,
    /// Whether it is built.
    pub standing: Standing,
    /// Which of its words is not built, though it is, and what follows from it; empty: none.
    pub except: &'static str,
    /// Whether it may be written more than once, each time adding something.
    pub many: bool,
    /// Whether the first one counts where it is written twice; of others the last does. The C version is like that.
    pub first_counts: bool,
    /// Another spelling of a keyword of the same block.
    pub alias: Option<Alias>,
}

/// What a keyword is another spelling of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias {
    /// Both are right.
    Of(&'static str),
    /// It still works, but this one should be written.
    Deprecated(&'static str),
}

impl Alias {
    /// The other keyword.
    #[must_use]
    pub const fn target(self) -> &'static str {
        match self {
            Alias::Of(name) | Alias::Deprecated(name) => name,
        }
    }
}

/// What follows a keyword.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg {
    /// Nothing.
    Flag,
    /// Nothing (yes), or `on`, `off`, `true`, `false`, `yes`, `no`.
    Switch,
    /// One whole number in this range, both ends included.
    Integer(i64, i64),
    /// One whole number of seconds in this range, both ends included.
    WholeSeconds(i64, i64),
    /// One number of seconds with at most six decimals, in this range of microseconds, both ends included.
    Seconds(u64, u64),
    /// One number of milliseconds with at most three decimals, in this range of microseconds, both ends included.
    Millis(u64, u64),
    /// One whole number of microseconds in this range, both ends included.
    Micros(u64, u64),
    /// Bytes, two hexadecimal digits each, as many as this range says.
    Hex(usize, usize),
    /// One word.
    Word,
    /// As many words as this range says.
    Words(usize, usize),
    /// As many words as the range says, in a form of their own, which is shown as in a manual page.
    Form(&'static str, usize, usize),
    /// One of these words, in capital or small letters.
    AnyCase(&'static [&'static str]),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An absolute path.
    Path,
    /// An address of either family.
    Address,
    /// An address of either family; a prefix length after it is skipped.
    Host,
    /// A multicast address of IPv4 (false) or IPv6 (true).
    Group(bool),
    /// An interface's name.
    Interface,
    /// A user, and perhaps a group.
    User,
    /// A command in quotes with its arguments, and perhaps a user and a group.
    Script,
    /// A command in quotes with its arguments.
    Command,
    /// A text in quotes, with the escapes of commands.
    Pattern,
    /// The keyword alone, or with this.
    Optional(&'static Arg),
    /// The same, where the keyword alone means this word.
    Or(&'static Arg, &'static str),
    /// A block of keywords.
    Block,
    /// One name and a block of keywords.
    NamedBlock,
    /// As many words as the range says, in a form of their own, and a block of keywords.
    FormBlock(&'static str, usize, usize),
    /// A block with an entry on each line.
    Lines,
    /// A block of names, in any arrangement.
    Names,
}

impl Arg {
    /// Whether a block belongs to it.
    #[must_use]
    pub const fn has_block(self) -> bool {
        use Arg::{Block, FormBlock, Lines, NamedBlock, Names};
        matches!(self, Block | NamedBlock | FormBlock(..) | Lines | Names)
    }

    /// Whether its line is split into words in another way, in which a backslash protects a quote.
    #[must_use]
    pub const fn has_escapes(self) -> bool {
        matches!(self, Arg::Script | Arg::Command | Arg::Pattern | Arg::Optional(Arg::Script))
    }
}

/// Whether a keyword is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does what it says.
    Implemented,
    /// It is read and checked, but nothing comes of it, for this reason.
    NoEffect(&'static str),
    /// Some of what it says is done; this is not yet.
    InPart(&'static str),
    /// It is read and checked, but nothing comes of it yet. This follows from it.
    NotYet(&'static str),
}

const fn keyword(block: Path, name: &'static str, arg: Arg, default: &'static str, doc: &'static str) -> Keyword {
    let first_counts = matches!(arg, Arg::Script | Arg::Optional(Arg::Script));
    Keyword {
        block,
        name,
        arg,
        default,
        doc,
        standing: Standing::Implemented,
        except: "",
        many: false,
        first_counts,
        alias: None,
    }
}

/// Another spelling of the keyword `of`.
const fn alias(of: Keyword, name: &'static str) -> Keyword {
    Keyword { name, alias: Some(Alias::Of(of.name)), ..of }
}

/// A spelling that the keyword `of` had once.
const fn deprecated(of: Keyword, name: &'static str) -> Keyword {
    Keyword { name, alias: Some(Alias::Deprecated(of.name)), ..of }
}

impl Keyword {
    const fn no_effect(mut self, reason: &'static str) -> Keyword {
        self.standing = Standing::NoEffect(reason);
        self
    }

    const fn not_yet(mut self, effect: &'static str) -> Keyword {
        self.standing = Standing::NotYet(effect);
        self
    }

    const fn in_part(mut self, lacks: &'static str) -> Keyword {
        self.standing = Standing::InPart(lacks);
        self
    }

    const fn except(mut self, what: &'static str) -> Keyword {
        self.except = what;
        self
    }

    const fn many(mut self) -> Keyword {
        self.many = true;
        self
    }

    const fn first_counts(mut self) -> Keyword {
        self.first_counts = true;
        self
    }

    /// Its name, or that of the keyword which it is another spelling of.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.alias.map_or(self.name, Alias::target)
    }
}

/// The longest name of an interface (`IFNAMSIZ` in linux/if.h counts the final zero).
pub const MAX_INTERFACE_NAME: usize = 15;

static FILES: [[Keyword; 3]; 2] = track::FILES;

/// Every keyword there is.
pub fn all() -> impl Iterator<Item = &'static Keyword> {
    [
        root::KEYWORDS,
        instance::KEYWORDS,
        address::KEYWORDS,
        sync_group::KEYWORDS,
        track::KEYWORDS,
        bfd::KEYWORDS,
        lvs::KEYWORDS,
        check::KEYWORDS,
    ]
    .into_iter()
    .chain(global::KEYWORDS)
    .chain(lvs::SHARED.iter().copied())
    .chain(check::SHARED.iter().copied())
    .chain(net::ALL)
    .flatten()
    .chain(FILES.iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_keyword_is_twice_in_the_table() {
        let mut seen = std::collections::BTreeSet::new();
        for keyword in all() {
            assert!(seen.insert((keyword.block, keyword.name)), "{}/{} twice", keyword.block, keyword.name);
        }
        assert!(seen.len() > 500);
    }

    #[test]
    fn every_keyword_says_what_it_is() {
        for keyword in all() {
            let said = match keyword.standing {
                Standing::NotYet(effect) => effect,
                Standing::NoEffect(reason) if keyword.doc.is_empty() => reason,
                _ => keyword.doc,
            };
            assert!(said.len() > 5, "{}/{}", keyword.block, keyword.name);
        }
    }

    #[test]
    fn sections_are_known() {
        for name in ["vrrp_instance", "global_defs", "virtual_server", "vrrp_script", "static_routes"] {
            assert!(begins_a_section(name), "{name}");
        }
        for name in ["group", "track_file", "instance", "priority", "use_pid_dir", "nonsense"] {
            assert!(!begins_a_section(name), "{name}");
        }
    }
}
