//! Any bytes, as what the server of a check says: a verdict always comes of it, the same however the bytes are cut, and no more is kept than may be.

#![allow(dead_code, clippy::panic)] // Each target has its own protocol, and a panic is its find.

use keepalived_core::check::ConnNews;
use keepalived_core::check::probe::{Attempt, Step, TEXT, Verdict};
use keepalived_core::config::model::{Check, NetworkCheck};
use keepalived_core::config::{Source, parse};
use std::borrow::Cow;
use std::sync::OnceLock;

pub(crate) fn http(data: &[u8]) {
    static CHECKS: OnceLock<Vec<NetworkCheck>> = OnceLock::new();
    let checks = CHECKS.get_or_init(|| {
        checks(&[
            "HTTP_GET {\n url {\n path /\n }\n}",
            "HTTP_GET {\n http_protocol 1.1\n url {\n path /\n regex hello\n }\n}",
            "HTTP_GET {\n url {\n path /\n regex o\n digest 5d41402abc4b2a76b9719d911017c592\n }\n}",
            "SSL_GET {\n url {\n path /\n tls_compliant\n status_code 100-599\n regex o\n regex_no_match\n }\n}",
        ])
    });
    stream(checks, data);
}

pub(crate) fn smtp(data: &[u8]) {
    static CHECKS: OnceLock<Vec<NetworkCheck>> = OnceLock::new();
    stream(CHECKS.get_or_init(|| checks(&["SMTP_CHECK {\n}"])), data);
}

pub(crate) fn dns(data: &[u8]) {
    static CHECKS: OnceLock<Vec<NetworkCheck>> = OnceLock::new();
    datagrams(CHECKS.get_or_init(|| checks(&["DNS_CHECK {\n name example.org\n}"])), data);
}

pub(crate) fn udp(data: &[u8]) {
    static CHECKS: OnceLock<Vec<NetworkCheck>> = OnceLock::new();
    let checks = CHECKS.get_or_init(|| {
        checks(&[
            "UDP_CHECK {\n}",
            "UDP_CHECK {\n require_reply\n}",
            "UDP_CHECK {\n payload 00\n require_reply 01x2xx\n min_reply_length 1\n max_reply_length 8\n}",
            "PING_CHECK {\n}",
        ])
    });
    datagrams(checks, data);
}

fn checks(texts: &[&str]) -> Vec<NetworkCheck> {
    let check = |text: &&str| {
        let text = format!("virtual_server 10.0.0.100 80 {{\n real_server 10.0.0.1 8080 {{\n{text}\n }}\n}}\n");
        let parsed = parse(&Source::single("fuzz.conf", &text));
        assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
        match &parsed.config.lvs.servers[0].real_servers[0].checks[0] {
            Check::Network(check) => check.clone(),
            other => panic!("{other:?}"),
        }
    };
    texts.iter().map(check).collect()
}

/// The first bytes choose the check, the size of the pieces, and how the connection ends; the rest is what the server says.
fn stream(checks: &[NetworkCheck], data: &[u8]) {
    let Some((&[choice, size], bytes)) = data.split_first_chunk::<2>() else { return };
    let check = &checks[usize::from(choice) % checks.len()];
    let clean = size & 1 == 0;
    let whole = dialogue(check, &mut core::iter::once(bytes), clean);
    let pieces = dialogue(check, &mut bytes.chunks(usize::from(size) + 1), clean);
    assert_eq!(whole, pieces);
    assert!(whole.is_some(), "an end without a verdict");
}

/// The first byte chooses the check; then a length comes before each datagram. One more byte before it: 0 makes it an answer to what was asked.
fn datagrams(checks: &[NetworkCheck], data: &[u8]) {
    let Some((choice, mut rest)) = data.split_first() else { return };
    let check = &checks[usize::from(*choice) % checks.len()];
    let mut attempt = Attempt::new(check, 0, 7);
    let Step::Send(asked) = attempt.on(check, ConnNews::Connected) else { panic!("nothing is asked") };
    while let Some((&[ours, length], bytes)) = rest.split_first_chunk::<2>() {
        let (datagram, after) = bytes.split_at(usize::from(length).min(bytes.len()));
        rest = after;
        let answer = if ours == 0 { [&asked[..2.min(asked.len())], datagram].concat() } else { datagram.to_vec() };
        match attempt.on(check, ConnNews::Data(Cow::Owned(answer))) {
            Step::Wait => {}
            Step::Done(_) => return,
            other => panic!("{other:?}"),
        }
    }
    let _ = attempt.timed_out(check);
}

fn dialogue(check: &NetworkCheck, pieces: &mut dyn Iterator<Item = &[u8]>, clean: bool) -> Option<Verdict> {
    let mut attempt = Attempt::new(check, 0, 7);
    let data = pieces.map(|piece| ConnNews::Data(Cow::Borrowed(piece)));
    for news in core::iter::once(ConnNews::Connected).chain(data).chain([ConnNews::Closed { clean }]) {
        let mut step = attempt.on(check, news);
        if let Step::Match(regex, text) = step {
            assert!(text.len() <= TEXT);
            let found = text.windows(regex.pattern.len()).any(|part| part == regex.pattern.as_bytes());
            step = attempt.matched(check, Ok(found));
        }
        match step {
            Step::Wait | Step::Send(_) => {}
            Step::Done(verdict) => return Some(verdict),
            Step::Match(..) => panic!("a second match"),
        }
    }
    None
}
