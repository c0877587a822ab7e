//! The live timeline: what the switch sees, told as it happens.

use crate::VIP;
use keepalived_netns_tests::capture::{Frame, Stamp, now};
use keepalived_netns_tests::decode::Seen;
use keepalived_netns_tests::world::World;
use std::net::IpAddr;
use std::time::Duration;

/// An advert that follows a higher one within this time is the last word of who gives way.
const LAST_WORD: Duration = Duration::from_millis(200);

/// A pause in the client's answers that is worth a line.
const QUIET: Duration = Duration::from_millis(100);

/// Follows the sniffer and prints one line for each change.
pub(crate) struct Timeline<'a> {
    world: &'a World,
    vip: IpAddr,
    origin: Stamp,
    read: usize,
    frames: Vec<Frame>,
    /// Who is master, with which priority, and when it last said so.
    master: Option<(String, u8, Stamp)>,
    announcer: Option<String>,
    answering: Option<String>,
    answered: Option<Stamp>,
    quiet: bool,
}

impl<'a> Timeline<'a> {
    pub(crate) fn new(world: &'a World) -> Result<Timeline<'a>, String> {
        Ok(Timeline {
            world,
            vip: VIP.parse().map_err(|e| format!("{VIP}: {e}"))?,
            origin: now(),
            read: 0,
            frames: Vec::new(),
            master: None,
            announcer: None,
            answering: None,
            answered: None,
            quiet: false,
        })
    }

    /// What the operator does.
    pub(crate) fn act(&self, text: &str) {
        println!("\n{:8.2} s  >>> {text}", (now() - self.origin).as_secs_f64());
    }

    fn say(&self, at: Stamp, who: &str, text: &str) {
        println!("{:8.2} s  {who:<9} {text}", at.saturating_sub(self.origin).as_secs_f64());
    }

    /// Reads and tells for `time`, or until `enough`.
    pub(crate) fn follow(&mut self, time: Duration, enough: impl Fn(&[Frame]) -> bool) {
        let end = now() + time;
        loop {
            let new = self.world.sniffer.after(self.read);
            self.read += new.len();
            for frame in new {
                self.tell(&frame);
                self.frames.push(frame);
            }
            self.notice_silence();
            if now() >= end || enough(&self.frames) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tell(&mut self, frame: &Frame) {
        match &frame.seen {
            Seen::Advert(advert) if advert.priority == 0 => {
                self.say(frame.at, &frame.node, "resigns: advert with priority 0");
                self.master = None;
            }
            Seen::Advert(advert) => match &mut self.master {
                Some((node, _, at)) if *node == frame.node => *at = frame.at,
                Some((node, priority, at))
                    if *priority > advert.priority && frame.at.saturating_sub(*at) < LAST_WORD =>
                {
                    let text = format!("gives way to {node}: a last advert with priority {}", advert.priority);
                    self.say(frame.at, &frame.node, &text);
                }
                _ => {
                    self.say(frame.at, &frame.node, &format!("MASTER: adverts with priority {}", advert.priority));
                    self.master = Some((frame.node.clone(), advert.priority, frame.at));
                    self.announcer = None;
                }
            },
            Seen::Announce { ip, mac } if *ip == self.vip && self.announcer.as_ref() != Some(&frame.node) => {
                let [a, b, c, d, e, f] = mac;
                let mac = format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
                self.say(frame.at, &frame.node, &format!("announces that {ip} is at {mac}"));
                self.announcer = Some(frame.node.clone());
            }
            Seen::Echo { reply: true, from, .. } if *from == self.vip => {
                let gap = self.answered.map(|before| frame.at.saturating_sub(before));
                if self.answering.as_ref() != Some(&frame.node) || self.quiet {
                    let after =
                        gap.filter(|gap| *gap > QUIET).map_or(String::new(), |gap| format!(" after {}", spell(gap)));
                    self.say(frame.at, "client", &format!("gets answers from {}{after}", frame.node));
                    self.answering = Some(frame.node.clone());
                }
                self.answered = Some(frame.at);
                self.quiet = false;
            }
            _ => {}
        }
    }

    fn notice_silence(&mut self) {
        if let Some(answered) = self.answered
            && !self.quiet
            && now().saturating_sub(answered) > QUIET
        {
            self.quiet = true;
            self.say(answered, "client", &format!("gets no answer from {VIP} any more"));
        }
    }

    /// Everything told since `since`.
    pub(crate) fn since(&self, since: Stamp) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(move |f| f.at >= since)
    }

    /// The longest pause between two answers to the client, from the last answer before `since` on.
    pub(crate) fn outage(&self, since: Stamp) -> Duration {
        let answer = |f: &&Frame| matches!(&f.seen, Seen::Echo { reply: true, from, .. } if *from == self.vip);
        let mut before = self.frames.iter().filter(answer).rfind(|f| f.at < since).map(|f| f.at);
        let mut longest = Duration::ZERO;
        for frame in self.since(since).filter(answer) {
            if let Some(before) = before {
                longest = longest.max(frame.at.saturating_sub(before));
            }
            before = Some(frame.at);
        }
        longest.max(before.map_or(Duration::MAX, |last| now().saturating_sub(last)))
    }
}

/// `3.61 s` or `12 ms`.
pub(crate) fn spell(time: Duration) -> String {
    if time == Duration::MAX {
        "forever".into()
    } else if time < Duration::from_millis(100) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}
