//! Whether the interfaces that a configuration names are there. The driver knows which are.

use super::build::distance;
use super::diagnostic::{Diagnostic, Span};
use super::model::Config;
use super::{Parsed, Source};
use std::collections::{BTreeMap, BTreeSet};

/// So many names are remembered: nobody reads what there would be to say of more.
const MAX_NAMES: usize = 1000;

/// The names of interfaces, each with a place where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Named(BTreeMap<Box<str>, Span>);

impl Named {
    pub(super) fn note(&mut self, name: &str, span: Span) {
        if self.0.len() < MAX_NAMES && !self.0.contains_key(name) {
            self.0.insert(name.into(), span);
        }
    }
}

/// Tells which interfaces `parsed`, which is what `source` says, names and are not among `there`. Nothing is said where `dynamic_interfaces` is written: then
/// they are meant to come later.
pub fn check(parsed: &mut Parsed, source: &Source, there: &BTreeSet<String>) {
    if parsed.config.global.dynamic_interfaces.is_some() {
        return;
    }
    let own = own(&parsed.config);
    let is_missing = |name: &str| !there.contains(name) && !own.contains(name) && !is_virtual(name);
    let missing = parsed.interfaces.0.iter().filter(|(name, _)| is_missing(name));
    let found = missing.map(|(name, span)| diagnostic(name, *span, there)).collect();
    parsed.add(found, source);
}

/// The interfaces that the daemon makes itself.
fn own(config: &Config) -> BTreeSet<&str> {
    let links = config.instances.iter().map(|instance| &instance.link);
    links
        .flat_map(|link| {
            let vmac = link.vmac.as_ref().and_then(|vmac| vmac.name.as_deref());
            vmac.into_iter().chain(link.ipvlan.as_ref().and_then(|ipvlan| ipvlan.name.as_deref()))
        })
        .collect()
}

/// The names that virtual interfaces get where they have none of their own.
fn is_virtual(name: &str) -> bool {
    let number = name.strip_prefix("vrrp").map(|rest| rest.trim_start_matches(['4', '6']));
    number.and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn diagnostic(name: &str, span: Span, there: &BTreeSet<String>) -> Diagnostic {
    let diagnostic = Diagnostic::warning("no-interface", span, format!("there is no interface `{name}`"))
        .label("not on this machine, or not yet")
        .note("it may come later: until then, what needs it waits");
    let bare = name.trim_end_matches([';', ',']);
    let near = there.iter().map(|known| (distance(known, name), known)).min_by_key(|(distance, _)| *distance);
    let near = near.filter(|(distance, known)| *distance <= 2 && *distance < known.len());
    match near {
        _ if bare != name => diagnostic.help(format!("write `{bare}`: nothing ends a word but a blank")),
        Some((_, known)) => diagnostic.help(format!("did you mean `{known}`?")),
        None if there.len() > 12 || there.is_empty() => diagnostic,
        None => {
            let all: Vec<String> = there.iter().map(|known| format!("`{known}`")).collect();
            diagnostic.help(format!("this machine has {}", all.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn told(text: &str) -> Vec<(String, String, Option<String>)> {
        let source = Source::single("test.conf", text);
        let mut parsed = parse(&source);
        let before = parsed.diagnostics.len();
        check(&mut parsed, &source, &["eth0", "ens3", "lo"].map(str::to_owned).into());
        assert_eq!(parse(&source).diagnostics.len(), before);
        let found = parsed.diagnostics.into_iter().filter(|d| d.code == "no-interface");
        found.map(|d| (d.message, source.files[0].text[d.span.start()..d.span.end()].to_owned(), d.help)).collect()
    }

    fn instance(interface: &str, more: &str) -> String {
        format!(
            "vrrp_instance VI_1 {{\n interface {interface}\n virtual_router_id 51\n virtual_ipaddress {{\n 10.0.0.1/24 {more}\n }}\n}}\n"
        )
    }

    #[test]
    fn interfaces_that_are_not_there_are_shown_where_they_are_named() {
        assert_eq!(told(&instance("eth0", "dev ens3")), []);
        let of = |name: &str, help: &str| {
            (format!("there is no interface `{name}`"), name.to_owned(), Some(help.to_owned()))
        };
        assert_eq!(told(&instance("eth1", "")), [of("eth1", "did you mean `eth0`?")]);
        assert_eq!(told(&instance("eth0;", "")), [of("eth0;", "write `eth0`: nothing ends a word but a blank")]);
        let all = "this machine has `ens3`, `eth0`, `lo`";
        assert_eq!(told(&instance("eth0", "dev bond-web")), [of("bond-web", all)]);
        let tracked =
            instance("eth0", "").replace(" virtual_ip", " track_interface {\n wan0 weight 3\n }\n virtual_ip");
        assert_eq!(told(&tracked), [of("wan0", all)]);
    }

    #[test]
    fn interfaces_that_come_later_are_not() {
        let dynamic = "global_defs {\n dynamic_interfaces\n}\n";
        assert_eq!(told(&format!("{dynamic}{}", instance("wan0", ""))), []);
        let own = instance("eth0", "dev vrrp.51")
            .replace(" virtual_ip", " use_vmac web51\n track_interface {\n web51\n }\n virtual_ip");
        assert_eq!(told(&own), []);
    }

    #[test]
    fn each_is_told_once() {
        let two = instance("wan0", "dev wan0");
        let source = Source::single("test.conf", &two);
        let mut parsed = parse(&source);
        check(&mut parsed, &source, &BTreeSet::new());
        let found: Vec<_> = parsed.diagnostics.iter().filter(|d| d.code == "no-interface").collect();
        assert_eq!(found.len(), 1);
    }
}
