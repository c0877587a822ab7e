//! What is said outside every block.

use super::setting::{Entry, fields};
use super::values::{choice, duration, interface};
use super::{Context, unknown};
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::{Arg, ROOT};
use crate::config::lexer::Word;
use crate::config::model::{Choice, Daemon, InterfaceDelay, LinkBeat, LinkBeatKind};
use crate::config::print::{quoted_word, seconds};
use core::time::Duration;

fields!(Daemon, ROOT, {
    "net_namespace" => net_namespace,
    "net_namespace_ipvs" => net_namespace_ipvs,
    "namespace_with_ipsets" => namespace_with_ipsets,
    "instance" => instance,
    "use_pid_dir" => use_pid_dir,
    "child_wait_time" => child_wait_time,
    "linkbeat_use_polling" => linkbeat_use_polling,
    "linkbeat_interfaces" => linkbeat_interfaces,
    "interface_up_down_delays" => interface_delays,
});

impl Entry for LinkBeat {
    fn read(cx: &mut Context<'_, '_>, words: &[Word]) -> Option<Self> {
        let name = interface(cx, words.first()?, "an interface's name")?;
        let by = match words.get(1) {
            None => None,
            Some(word) => {
                let kind = choice(cx, "the way to ask for a state", word, LinkBeatKind::WORDS)?;
                LinkBeatKind::from_word(kind)
            }
        };
        unknown::trailing(cx, "linkbeat_interfaces", words.get(2..));
        Some(LinkBeat { interface: name.text.to_string(), by })
    }

    fn line(&self) -> String {
        let name = quoted_word(&self.interface);
        self.by.map_or(name.clone(), |by| format!("{name} {}", by.word()))
    }
}

/// Longer than this no change of an interface is waited for.
const MAX_DELAY: Arg = Arg::Seconds(0, 255_000_000);

impl Entry for InterfaceDelay {
    fn read(cx: &mut Context<'_, '_>, words: &[Word]) -> Option<Self> {
        let name = interface(cx, words.first()?, "an interface's name")?.text.to_string();
        let mut delay = |at: usize| match words.get(at) {
            Some(word) => duration(cx, "a delay", word, MAX_DELAY).map(Duration::from_micros),
            None => Some(Duration::ZERO),
        };
        let (down, up) = (delay(1)?, delay(2)?);
        if let [first] = words {
            cx.report(
                Diagnostic::warning("no-effect", first.span, format!("`{name}` has no delay"))
                    .label("expected seconds for going down, and perhaps for coming up"),
            );
        }
        unknown::trailing(cx, "interface_up_down_delays", words.get(3..));
        Some(InterfaceDelay { interface: name, down, up })
    }

    fn line(&self) -> String {
        format!("{} {} {}", quoted_word(&self.interface), seconds(self.down), seconds(self.up))
    }
}
