//! The live timeline: tables, masters and answers, told as they change.

use super::DIRECTORS;
use keepalived_netns_tests::capture::{Stamp, now};
use keepalived_netns_tests::lvs::client::Asker;
use keepalived_netns_tests::lvs::farm::Farm;
use keepalived_netns_tests::lvs::table::destinations;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often the client asks, and how long it waits for an answer.
const PERIOD: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_millis(500);

/// The state of everything at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    tables: BTreeMap<&'static str, String>,
    masters: Vec<&'static str>,
}

impl Look {
    fn at(farm: &Farm) -> Look {
        let service = farm.service().ip().to_string();
        let table = |director: &&'static str| {
            let words: Vec<String> = destinations(&farm.world, director)
                .into_iter()
                .map(|(ip, port, weight)| {
                    let name = format!("r{}", ip.octets()[3].saturating_sub(10));
                    if port == 80 { format!("{name}={weight}") } else { format!("{name}:{port}={weight}") }
                })
                .collect();
            (*director, words.join(" "))
        };
        let holds = |director: &&&'static str| farm.world.address(director, &service).is_some();
        Look {
            tables: DIRECTORS.iter().map(table).collect(),
            masters: DIRECTORS.iter().filter(holds).copied().collect(),
        }
    }

    /// Servers and weights, as `r1=3 r2=2`.
    pub(crate) fn table(&self, director: &str) -> &str {
        self.tables.get(director).map_or("", String::as_str)
    }

    /// Who holds the service's address: of two, the one that has it newly.
    pub(crate) fn master(&self) -> &'static str {
        self.masters.last().copied().unwrap_or("nobody")
    }
}

/// Follows the farm and prints one line for each change.
pub(crate) struct Story {
    origin: Stamp,
    last: Look,
    asker: Asker,
    /// How many of the client's questions have been told of.
    told: usize,
    /// When the last one failed, until it has been told that they are answered again.
    failed: Option<Stamp>,
}

impl Story {
    pub(crate) fn new(farm: &Farm) -> Story {
        let asker = Asker::start(&farm.world, "client", farm.service(), PERIOD, PATIENCE);
        Story { origin: now(), last: Look::at(farm), asker, told: 0, failed: None }
    }

    /// What the operator does, or what befalls.
    pub(crate) fn act(&self, text: &str) {
        println!("\n{:8.2} s  >>> {text}", (now() - self.origin).as_secs_f64());
    }

    pub(crate) fn remark(&self, who: &str, text: &str) {
        self.say(now(), who, text);
    }

    fn say(&self, at: Stamp, who: &str, text: &str) {
        println!("{:8.2} s  {who:<7} {text}", at.saturating_sub(self.origin).as_secs_f64());
    }

    /// Watches for `time`, or until `enough`; says after which time that was.
    pub(crate) fn follow(&mut self, farm: &Farm, time: Duration, enough: impl Fn(&Look) -> bool) -> Option<Duration> {
        let start = now();
        loop {
            let look = Look::at(farm);
            self.tell(&look);
            self.tell_answers();
            let done = enough(&look);
            self.last = look;
            if done {
                return Some(now() - start);
            }
            if now() - start >= time {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tell(&self, look: &Look) {
        if look.masters != self.last.masters && !look.masters.is_empty() {
            self.say(now(), look.master(), "MASTER: holds the service's address and the servers' way back");
        }
        for director in DIRECTORS {
            let (before, after) = (self.last.table(director), look.table(director));
            if before != after {
                let shown = if after.is_empty() { "nothing" } else { after };
                self.say(now(), director, &format!("balances over {shown}"));
            }
        }
    }

    fn tell_answers(&mut self) {
        let asked = self.asker.asked();
        for one in &asked[self.told..] {
            match (&one.answer, self.failed) {
                (Err(why), before) => {
                    if before.is_none() {
                        self.say(one.at, "client", &format!("a request fails: {why}"));
                    }
                    self.failed = Some(one.at);
                }
                // With a dead server among three only some requests fail.
                (Ok(_), Some(last)) if one.at - last > Duration::from_millis(500) => {
                    self.say(one.at, "client", "every request is answered");
                    self.failed = None;
                }
                (Ok(_), _) => {}
            }
        }
        self.told = asked.len();
    }

    /// Who answered how many of the questions since, and how many nobody did.
    pub(crate) fn asked(&self, since: Stamp) -> (BTreeMap<String, usize>, usize) {
        let mut answers = BTreeMap::new();
        let mut failed = 0;
        for one in self.asker.since(since) {
            match one.answer {
                Ok(who) => *answers.entry(who).or_default() += 1,
                Err(_) => failed += 1,
            }
        }
        (answers, failed)
    }
}
