//! Any bytes, as lines about the text: definitions, repetitions, conditions and included files.
//!
//! A byte 0 begins the next file. The files after the first are called `1`, `2` and so on.

use crate::sound;
use keepalived_core::config::source::{Answer, Content, Match};
use keepalived_core::config::{Source, needs};

/// What every run can use, so that few bytes go far.
const HEAD: &str = "$A=1\n$B=a ${A}\n$C= \\\n virtual_router_id ${A} \\\n priority ${X}\n$LOOP=${LOOP} ${LOOP}\n";

/// However files include each other, after so many answers nothing more is needed.
const ROUNDS: usize = 64;

pub(crate) fn run(data: &[u8]) {
    let texts: Vec<String> =
        data.split(|byte| *byte == 0).take(5).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let mut source = Source::single("fuzz.conf", format!("{HEAD}{}", texts[0]));
    source.settings.id = "a".to_owned();
    source.settings.environment.insert("HOME".to_owned(), "/root".to_owned());
    for round in 0.. {
        let needs = needs(&source);
        if needs.is_empty() {
            break;
        }
        assert!(round < ROUNDS, "still needed: {needs:?}");
        for need in needs {
            let found = |n: usize| {
                let text = texts[n].clone();
                let (directory, identity) = ("/".to_owned(), format!("/{n}"));
                Match { path: n.to_string(), content: Content::Text { text, directory, identity } }
            };
            let wild = need.pattern.contains(['*', '?', '[']);
            let named = need.pattern.trim_start_matches('/').parse().ok().filter(|n| (1..texts.len()).contains(n));
            let matches =
                if wild { (1..texts.len()).map(found).collect() } else { named.map(found).into_iter().collect() };
            source.give(need, Answer { matches, ..Answer::default() });
        }
    }
    sound::check(&source);
}
