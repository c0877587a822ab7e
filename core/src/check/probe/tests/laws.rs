//! Whatever the peer says: an attempt goes on or ends, in whatever pieces the bytes come, and after a snapshot too.

use super::{ConnNews, Dialogue};
use quickcheck::{Arbitrary, Gen, quickcheck};
use std::borrow::Cow;

const CHECKS: [&str; 9] = [
    "TCP_CHECK {\n}",
    "SMTP_CHECK {\n}",
    "DNS_CHECK {\n}",
    "UDP_CHECK {\n require_reply 01x2\n}",
    "PING_CHECK {\n}",
    "HTTP_GET {\n url {\n path /\n }\n}",
    "HTTP_GET {\n url {\n path /\n regex hello\n }\n}",
    "HTTP_GET {\n url {\n path /\n regex o\n digest 5d41402abc4b2a76b9719d911017c592\n }\n}",
    "SSL_GET {\n url {\n path /\n tls_compliant\n regex o\n regex_no_match\n }\n}",
];

/// Bytes that servers say, and others.
#[derive(Clone, Debug)]
struct Answer(Vec<Vec<u8>>);

impl Arbitrary for Answer {
    fn arbitrary(g: &mut Gen) -> Self {
        let words: [&[u8]; 24] = [
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.0 503 No\r\n",
            b"ICY 200 OK\r\n",
            b"Content-Length: 5\r\n",
            b"content-length:0\r\n",
            b"Content-Length: x\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"\r\n",
            b"\r\n\r\n",
            b"\n",
            b"5\r\nhello\r\n",
            b"5",
            b"0\r\n\r\n",
            b"hello",
            b"220 a\r\n",
            b"220-a\r\n",
            b"220",
            b"250 b\r\n",
            b"250-",
            b"221 c\r\n",
            b"554 d\r\n",
            b"A: b\r\n",
            b"X-Folded: a\r\n b\r\n",
            b" ",
        ];
        // The beginning is mostly a good one, so that the middle is reached.
        let start: [&[u8]; 6] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"220 a\r\n",
            b"",
        ];
        let mut out = vec![g.choose(&start).expect("some").to_vec()];
        for _ in 0..u8::arbitrary(g) % 8 {
            out.push(match u8::arbitrary(g) % 8 {
                0 => Vec::arbitrary(g),
                _ => g.choose(&words).expect("some").to_vec(),
            });
        }
        Answer(out)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Answer))
    }
}

/// What a dialogue comes to: what was said, what was looked at, the verdict, and, without one, what the end of time makes of it.
fn outcome(check: usize, pieces: &[&[u8]], clean: Option<bool>, snapshots: bool) -> String {
    let mut dialogue = Dialogue::new(CHECKS[check % CHECKS.len()]);
    for piece in pieces {
        dialogue.news(ConnNews::Data(Cow::Borrowed(piece)));
        if snapshots {
            let bytes = postcard::to_stdvec(&dialogue.attempt).expect("serialised");
            let restored = postcard::from_bytes(&bytes).expect("restored");
            assert_eq!(dialogue.attempt, restored);
            dialogue.attempt = restored;
        }
    }
    if let Some(clean) = clean {
        dialogue.news(ConnNews::Closed { clean });
        assert!(dialogue.verdict.is_some(), "{:?}", dialogue.attempt);
    }
    match dialogue.verdict {
        // What would have been said before the last piece is not said any more.
        Some(verdict) => format!("{:?} {verdict:?}", dialogue.text),
        None => format!("{:?} {:?}", dialogue.said, dialogue.attempt.timed_out(&dialogue.check)),
    }
}

fn in_pieces(check: usize, answer: Vec<u8>, cuts: Vec<u8>, clean: Option<bool>) -> bool {
    let streams = [0, 1, 5, 6, 7, 8];
    let check = streams[check % streams.len()];
    let mut pieces = Vec::new();
    let mut rest = answer.as_slice();
    for cut in cuts {
        let (piece, after) = rest.split_at(usize::from(cut % 16).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    let bytes: Vec<&[u8]> = answer.chunks(1).collect();
    let whole = outcome(check, &[&answer], clean, false);
    assert_eq!(whole, outcome(check, &pieces, clean, true));
    assert_eq!(whole, outcome(check, &bytes, clean, false));
    true
}

quickcheck! {
    fn pieces_make_no_difference(check: usize, answer: Answer, cuts: Vec<u8>, clean: Option<bool>) -> bool {
        in_pieces(check, answer.0.concat(), cuts, clean)
    }

    fn any_bytes_in_any_pieces(check: usize, bytes: Vec<u8>, cuts: Vec<u8>, clean: Option<bool>) -> bool {
        in_pieces(check, bytes, cuts, clean)
    }

    fn any_datagrams(check: usize, datagrams: Vec<Vec<u8>>, clean: Option<bool>) -> bool {
        let pieces: Vec<&[u8]> = datagrams.iter().map(Vec::as_slice).collect();
        outcome(check, &pieces, clean, true) == outcome(check, &pieces, clean, false)
    }
}
