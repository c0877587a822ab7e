//! What is said outside every block.

use super::setting::{Entry, fields};
use super::values::{choice, interface};
use super::{Context, unknown};
use crate::config::keywords::ROOT;
use crate::config::lexer::Word;
use crate::config::model::{Choice, Daemon, LinkBeat, LinkBeatKind};
use crate::config::print::quoted_word;

fields!(Daemon, ROOT, {
    "net_namespace" => net_namespace,
    "net_namespace_ipvs" => net_namespace_ipvs,
    "namespace_with_ipsets" => namespace_with_ipsets,
    "instance" => instance,
    "use_pid_dir" => use_pid_dir,
    "child_wait_time" => child_wait_time,
    "linkbeat_use_polling" => linkbeat_use_polling,
    "linkbeat_interfaces" => linkbeat_interfaces,
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
        Some(LinkBeat { interface: name.text.clone(), by })
    }

    fn line(&self) -> String {
        let name = quoted_word(&self.interface);
        self.by.map_or(name.clone(), |by| format!("{name} {}", by.word()))
    }
}
