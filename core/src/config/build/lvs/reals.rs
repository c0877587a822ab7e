//! The real servers of a virtual server, most of which say the same as their neighbours.
//!
//! A block that is, byte for byte, one that was read before is not read again: what it said counts for its server too, with another address. That holds
//! only where nothing was complained of, for a complaint names a place.

use super::super::setting;
use super::super::values::Value;
use super::super::{Context, Item, Seen};
use super::check::{self, CheckDraft};
use super::draft::RealDraft;
use super::words;
use crate::config::again;
use crate::config::ast::Block;
use crate::config::diagnostic::Span;
use crate::config::model::{Check, Probe, RealServer};
use crate::config::plain::{self, COPIED};
use crate::net::Family;
use core::net::IpAddr;

/// A real server.
pub(super) struct Real {
    pub(super) ip: IpAddr,
    pub(super) port: u16,
    /// Its address and port, as words.
    pub(super) span: Span,
    /// What is said about it, among the drafts.
    draft: usize,
    /// The `{` of its block, where that says the same as another one and was not read.
    copy: Option<Span>,
}

impl Real {
    /// Where its checks connect to, if connections get to this port: as in the C version, what is written counts, whether or not packets can be sent there.
    pub(super) fn port_of_checks(&self, port: u16) -> u16 {
        if self.port == 0 { port } else { self.port }
    }
}

/// What a block says.
struct Said {
    /// Its `{`.
    open: Span,
    draft: RealDraft,
    /// Nothing was complained of.
    quiet: bool,
    model: Option<Model>,
}

/// What came of a block with one server, where the same comes of it with others.
struct Model {
    kind: Kind,
    /// The place of the server among those that there are, once it is one of them.
    place: Option<usize>,
}

/// What the rules ask about an address and a port.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    family: Family,
    /// It is on every link.
    link_local: bool,
    has_port: bool,
}

impl Kind {
    fn of(real: &Real, port: u16) -> Kind {
        let link_local = matches!(real.ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        Kind { family: Family::of(real.ip), link_local, has_port: real.port_of_checks(port) != 0 }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Reals {
    said: Vec<Said>,
    servers: Vec<Real>,
}

impl Reals {
    pub(super) fn with_capacity(count: usize) -> Reals {
        Reals { said: Vec::new(), servers: Vec::with_capacity(count) }
    }

    /// Reads one.
    pub(super) fn take(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let Value::Form(words, block) = item.value else { return };
        let endpoint = words::server(cx, words);
        let original = block.copy_of.and_then(|of| {
            let mut last = self.said.iter().enumerate().rev().take(COPIED);
            last.find(|(_, said)| said.quiet && said.open.start() == of).map(|(at, _)| at)
        });
        let copy = original.map(|_| block.open);
        let draft = original.unwrap_or_else(|| {
            // Mistakes inside are told even if it is not known where the server is.
            let before = cx.reports;
            let draft = read(cx, block);
            self.said.push(Said { open: block.open, draft, quiet: cx.reports == before, model: None });
            self.said.len() - 1
        });
        if let Some((ip, port)) = endpoint {
            self.servers.push(Real { ip, port, span: item.args, draft, copy });
        }
    }

    /// Each with what is said about it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Real, &RealDraft)> {
        self.servers.iter().map(|real| (real, &self.said[real.draft].draft))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.servers.len()
    }

    /// The one in a place.
    pub(super) fn get(&self, place: usize) -> &Real {
        &self.servers[place]
    }

    /// What comes of the one in a place, which has this port: `resolve` finds it out, unless the same came of another one, which is among those that `are` there.
    pub(super) fn resolved(
        &mut self,
        cx: &mut Context<'_, '_>,
        place: usize,
        port: u16,
        are: &[RealServer],
        resolve: impl FnOnce(&mut Context<'_, '_>, &Real, RealDraft) -> RealServer,
    ) -> RealServer {
        let real = &self.servers[place];
        let kind = Kind::of(real, port);
        let said = &mut self.said[real.draft];
        let draft = match real.copy {
            None => core::mem::take(&mut said.draft),
            Some(open) => {
                let model = said.model.as_ref().filter(|model| model.kind == kind).and_then(|model| model.place);
                if let Some(server) = model.and_then(|place| are.get(place)) {
                    return moved(server.clone(), real, port);
                }
                read_copy(cx, open)
            }
        };
        let follows = said.quiet && draft.checks.iter().all(CheckDraft::goes_to_its_server);
        let before = cx.reports;
        let server = resolve(cx, real, draft);
        if follows && cx.reports == before && says_no_place(&server) {
            said.model.get_or_insert(Model { kind, place: None });
        }
        server
    }

    /// What came of the one in a place, which has this port, is now among those that there are.
    pub(super) fn kept(&mut self, place: usize, port: u16, at: usize) {
        let real = &self.servers[place];
        let kind = Kind::of(real, port);
        if let Some(model) = self.said[real.draft].model.as_mut().filter(|model| model.kind == kind) {
            model.place.get_or_insert(at);
        }
    }
}

/// Whether nothing in it remembers where it was written.
fn says_no_place(server: &RealServer) -> bool {
    let has_regex = |check: &Check| matches!(check, Check::Network(check) if check.manner.probe.urls().iter().any(|url| url.regex.is_some()));
    again::says_no_place(server) && !server.checks.iter().any(has_regex)
}

/// What a block says.
fn read(cx: &mut Context<'_, '_>, block: &Block) -> RealDraft {
    if block.copy_of.is_some() {
        return read_copy(cx, block.open);
    }
    let mut draft = RealDraft::default();
    setting::read(cx, &mut draft, block, &mut Seen::new(), |cx, draft, item| {
        draft.checks.extend(check::read(cx, &item));
    });
    draft
}

/// What a block says that was not split into words, as there is another one like it.
fn read_copy(cx: &mut Context<'_, '_>, open: Span) -> RealDraft {
    let block = plain::block(cx.source.text(open.file()), open.file(), open.start());
    read(cx, &block)
}

/// The same server with another address and another port.
fn moved(mut server: RealServer, real: &Real, port: u16) -> RealServer {
    (server.ip, server.port) = (real.ip, port);
    let port = real.port_of_checks(port);
    for check in &mut server.checks {
        if let Check::Network(check) = check {
            check.target.ip = real.ip;
            check.target.port = if check.manner.probe == Probe::Ping { 0 } else { port };
        }
    }
    server
}
