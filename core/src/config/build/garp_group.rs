//! `garp_group`.

use super::setting::{self, fields};
use super::values::Value;
use super::{Context, Section, Seen};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::GARP_GROUP;
use crate::config::model::GarpGroup;
use std::collections::BTreeMap;

fields!(GarpGroup, GARP_GROUP, {
    "garp_interval" => garp_interval,
    "gna_interval" => gna_interval,
    "interfaces" => interfaces,
});

/// Reads all groups.
pub(super) fn read(cx: &mut Context<'_, '_>, sections: &[Section<'_>]) -> Vec<GarpGroup> {
    let mut taken: BTreeMap<String, Span> = BTreeMap::new();
    let mut out = Vec::new();
    for section in sections {
        let mut group = GarpGroup::default();
        setting::read(cx, &mut group, section.block, &mut Seen::new(), |_, group: &mut GarpGroup, item| {
            if let Value::Word(word) = item.value {
                group.interfaces.push(word.text.to_string());
            }
        });
        group.interfaces.retain(|name| match taken.get(name) {
            None => {
                taken.insert(name.clone(), section.span);
                true
            }
            Some(first) => {
                cx.report(
                    Diagnostic::warning("repeated", section.span, format!("`{name}` is in a group already"))
                        .label("left out of this one")
                        .also(*first, "it is in this one"),
                );
                false
            }
        });
        let useless = if group.garp_interval.is_none() && group.gna_interval.is_none() {
            "no interval"
        } else if group.interfaces.is_empty() {
            "no interfaces"
        } else {
            out.push(group);
            continue;
        };
        if !cx.partial {
            cx.report(
                Diagnostic::warning("empty-group", section.span, format!("this garp_group has {useless}"))
                    .label("the group is left out"),
            );
        }
    }
    out
}
