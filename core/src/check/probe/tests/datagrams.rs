use super::super::words;
use super::{Dialogue, Verdict, failure};

const SILENCE: &str = "no answer within 5 s";

fn udp(lines: &str) -> Dialogue {
    Dialogue::new(&format!("UDP_CHECK {{\n{lines}\n}}"))
}

#[test]
fn udp_without_a_reply() {
    udp("payload 0aff").says([0x0a, 0xff]).waits(&Verdict::Passed);
    udp("payload 0aff").hears("whatever").passed();
    udp("payload 0aff").fails(111).failed("connection refused");
    assert_eq!(udp("").said.len(), 32);
}

#[test]
fn udp_with_a_reply() {
    let any = || udp("require_reply");
    any().waits(&failure(SILENCE));
    any().hears("").passed();
    any().hears([0; 300]).passed();
    let said = || udp("require_reply 01x2\nmin_reply_length 1\nmax_reply_length 4");
    said().hears([1, 0xf2, 3, 4]).passed();
    // No more is compared than there is.
    said().hears([1]).passed();
    said().hears([]).failed("an answer of 0 bytes, expected 1 to 4");
    said().hears([1, 2, 3, 4, 5]).failed("an answer of 5 bytes, expected 1 to 4");
    said().hears([1, 0xf3]).failed("the answer is 01f3, expected 01x2: byte 1 differs");
    said().fails(111).failed("connection refused");
    let long = || udp("require_reply\nmin_reply_length 3");
    long().hears([0; 300]).passed();
    long().hears([0; 2]).failed("an answer of 2 bytes, expected 3 or more");
    udp("require_reply\nmax_reply_length 255").hears([0; 256]).failed("an answer of 256 bytes, expected 0 to 255");
    udp("require_reply\nmax_reply_length 3").hears([0; 4]).failed("an answer of 4 bytes, expected 0 to 3");
}

#[test]
fn an_echo() {
    let ping = || Dialogue::new("PING_CHECK {\n}");
    let payload = words::random(7, 128);
    ping().says(&payload).hears(&payload).passed();
    ping().waits(&failure(SILENCE));
    ping().hears(&payload[1..]).hears(&payload).passed();
    ping().hears(b"old").waits(&failure("no answer within 5 s, but 1 that belong to something else"));
    ping().fails(113).failed("no route to host (errno 113)");
}

fn dns(lines: &str) -> Dialogue {
    Dialogue::new(&format!("DNS_CHECK {{\n{lines}\n}}"))
}

/// The header of an answer to what was asked.
fn answer(dialogue: &Dialogue, flags: [u8; 2]) -> Vec<u8> {
    [&dialogue.said[..2], &flags, &[0, 1, 0, 0, 0, 0, 0, 0]].concat()
}

#[test]
fn a_question() {
    let dialogue = dns("type AAAA\nname www.Example.org");
    let mut expected = dialogue.said[..2].to_vec();
    expected
        .extend_from_slice(b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07Example\x03org\x00\x00\x1c\x00\x01");
    dialogue.says(expected);
    let root = dns("");
    let id = root.said[..2].to_vec();
    root.says([&id[..], b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x01"].concat());
}

#[test]
fn an_answer_without_an_error() {
    let asked = dns("name example.org");
    let good = answer(&asked, [0x81, 0x80]);
    asked.hears(&good).passed();
    // Without any record, and cut off.
    let asked = dns("name example.org");
    let good = answer(&asked, [0x83, 0x80]);
    asked.hears(&good).passed();
}

#[test]
fn an_answer_with_an_error() {
    for (code, text) in [
        (2, "the answer's code is 2 (Server Failure), expected 0 (No Error)"),
        (3, "the answer's code is 3 (Non-Existent Domain), expected 0 (No Error)"),
        (5, "the answer's code is 5 (Query Refused), expected 0 (No Error)"),
    ] {
        let asked = dns("name example.org");
        let bad = answer(&asked, [0x81, 0x80 | code]);
        asked.hears(&bad).failed(text);
    }
}

#[test]
fn what_answers_something_else_is_passed_over() {
    let asked = dns("name example.org");
    let good = answer(&asked, [0x81, 0x80]);
    let mut other = answer(&asked, [0x81, 0x83]);
    other[0] ^= 1;
    let question = answer(&asked, [0x01, 0x03]);
    let asked = asked.hears(&other).hears(&question).hears(&good[..11]);
    let waiting = asked.attempt.timed_out(&asked.check);
    assert_eq!(waiting, failure("no answer within 5 s, but 3 that belong to something else"));
    asked.hears(&good).passed();
    dns("").fails(111).failed("connection refused");
    dns("").waits(&failure(SILENCE));
}
