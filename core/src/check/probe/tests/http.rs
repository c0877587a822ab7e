use super::super::{TEXT, dial};
use super::{Attempt, ConnNews, Dialogue, Step, check, failure};
use crate::check::Transport;

/// Of "hello".
const HELLO: &str = "digest 5d41402abc4b2a76b9719d911017c592";

fn http(lines: &str) -> Dialogue {
    Dialogue::new(&format!("HTTP_GET {{\n url {{\n path /a\n{lines}\n }}\n}}"))
}

fn https(lines: &str) -> Dialogue {
    Dialogue::new(&format!("SSL_GET {{\n url {{\n path /a\n{lines}\n }}\n}}"))
}

#[test]
fn requests() {
    let get = |lines: &str| Dialogue::new(&format!("HTTP_GET {{\n{lines}\n url {{\n path /a?b=c\n }}\n}}"));
    let agent = "User-Agent: KeepAliveClient\r\n";
    get("").says(format!("GET /a?b=c HTTP/1.0\r\n{agent}Host: 10.0.0.1:8080\r\n\r\n"));
    get("http_protocol 1.0C")
        .says(format!("GET /a?b=c HTTP/1.0\r\n{agent}Connection: close\r\nHost: 10.0.0.1:8080\r\n\r\n"));
    get("http_protocol 1.1\nvirtualhost www.example.org:81")
        .says(format!("GET /a?b=c HTTP/1.1\r\n{agent}Connection: close\r\nHost: www.example.org:81\r\n\r\n"));
    get("connect_ip 2001:db8::1\nconnect_port 80")
        .says(format!("GET /a?b=c HTTP/1.0\r\n{agent}Host: [2001:db8::1]:80\r\n\r\n"));
}

#[test]
fn server_names() {
    let name = |lines: &str, host: &str| {
        let check = check(&format!("SSL_GET {{\n{lines}\n url {{\n path /\n{host}\n }}\n}}"));
        match dial(&check, 0).transport {
            Transport::Tls { server_name } => server_name.map(|name| name.to_string()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(name("", "virtualhost a.example.org"), None);
    assert_eq!(name("enable_sni", "virtualhost a.example.org"), Some("a.example.org".to_owned()));
    assert_eq!(name("enable_sni", "virtualhost a.example.org:8443"), Some("a.example.org".to_owned()));
    assert_eq!(name("enable_sni", ""), None);
    assert_eq!(name("sni_name b.example.org", "virtualhost a.example.org"), Some("b.example.org".to_owned()));
}

#[test]
fn a_status() {
    http("").hears("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").passed();
    http("").hears("HTTP/1.0 204 No Content\r\n\r\n").passed();
    http("").hears("HTTP/1.1 200\n\nok").closed(true).passed();
    http("status_code 100-199 404 410-599").hears("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").passed();
    // At once, whatever else may come.
    http("").hears("HTTP/1.1 503 Unavailable\r\n\r\n").failed("status 503, expected 200-299");
    let some = || http("status_code 200 301-302");
    some().hears("HTTP/1.1 404 Not Found\r\n\r\n").failed("status 404, expected 200, 301-302");
    some().hears("HTTP/1.1 303 See Other\r\n\r\n").failed("status 303, expected 200, 301-302");
}

#[test]
fn what_servers_call_their_protocol() {
    http("").hears("ICY 200 OK\r\nContent-Length: 0\r\n\r\n").passed();
    http("").hears("HTTP/2 200\r\ncontent-length: 0\r\n\r\n").passed();
    http("").hears("HTTP/1.1 200 OK\r\nnot a header\r\n\x01: \x02\r\nCONTENT-LENGTH : 0\r\n\r\n").passed();
}

#[test]
fn what_is_not_http() {
    http("").hears("SSH-2.0-x\r\n\r\n").failed("the answer is not HTTP: \"SSH-2.0-x\\r\\n\\r\\n\"");
    http("").hears("\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").failed("the answer is not HTTP: \"\\r\\n\\r\\n\"");
    http("").hears("HTTP/1.1 x\r\n\r\n").failed("the answer is not HTTP: \"HTTP/1.1 x\\r\\n\\r\\n\"");
}

#[test]
fn headers_have_a_bound() {
    let most = 1 << 14;
    let head = |len: usize| {
        let mut head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ".to_vec();
        head.resize(len - 4, b'a');
        head.extend_from_slice(b"\r\n\r\n");
        head
    };
    http("").hears(head(most)).passed();
    http("").hears(head(most + 1)).failed("the headers have more than 16384 bytes");
    let many = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "a:\r\n".repeat(4000));
    http("").hears(many).passed();
}

#[test]
fn an_answer_that_is_not_complete() {
    http("").closed(true).failed("the connection was closed after no answer");
    http("").hears("HTTP/1").closed(true).failed("the connection was closed after 6 bytes of headers: \"HTTP/1\"");
    http("").fails(104).failed("connection reset by peer, after no answer");
    let body = || http("").hears("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    body().waits(&failure("no complete answer within 5 s: 3 of 10 bytes of the body"));
    body().fails(104).failed("connection reset by peer, after 3 of 10 bytes of the body");
    // As by the C version: what is there is judged.
    body().closed(true).passed();
    http("").waits(&failure("no complete answer within 5 s: no answer"));
}

#[test]
fn digests() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    http(HELLO).hears(length).hears("hel").hears("lo").passed();
    // What comes after the end does not belong to it.
    http(HELLO).hears(length).hears("hello world").passed();
    http(HELLO).hears("HTTP/1.1 200 OK\r\n\r\nhello").closed(true).passed();
    http(HELLO).hears(length).hears("world").failed(
        "digest is 7d793037a0760186574b0282f2f435e7, expected 5d41402abc4b2a76b9719d911017c592; a body of 5 bytes",
    );
    http(HELLO).hears(length).hears("he").closed(true).failed(
        "digest is 6f96cfdfe5ccc627cadf24b41725caa4, expected 5d41402abc4b2a76b9719d911017c592; 2 of 5 bytes of the body",
    );
    http(HELLO).hears("HTTP/1.1 500 No\r\n\r\nhello").failed("status 500, expected 200-299");
}

/// As it came: with the sizes of its chunks, because configurations have digests that the C version's `genhash` has computed.
#[test]
fn the_digest_of_chunks() {
    let chunks = "5;a=b\r\nhello\r\n0\r\n\r\n";
    let digest = HELLO;
    let wrong = http(digest).hears(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}rest"));
    let got = wrong.attempt.digest();
    let plain = http(digest).hears(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{chunks}", chunks.len()));
    assert_eq!(got, plain.attempt.digest());
    assert!(got.is_some());
}

#[test]
fn chunks() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
    let of = |bytes: &str| http("regex world").hears(head).hears(bytes);
    of("6;name=value\r\nhello \r\n00005 \r\nworld\r\n0\r\nTrailer: x\r\n\r\n").passed();
    of("3\r\nwor\r\n2\nld\n0\n\n").passed();
    of("5\r\nworlx\r\n0\r\n\r\n").failed("the regular expression \"world\" does not match in the body's 5 bytes");
    of("x").failed("a chunk's size has \"x\", expected a hexadecimal digit");
    of("1\r\nab").failed("a chunk is followed by \"b\", expected a line end");
    of("ffffffffffffffff1\r\n").failed("a chunk of more than 2^64 bytes");
    of("5\r\nwo").waits(&failure("no complete answer within 5 s: 5 bytes of the body"));
}

#[test]
fn regular_expressions() {
    let page = "HTTP/1.0 200 OK\r\n\r\n<h1>all is well</h1>";
    http("regex \"is well\"").hears(page).closed(true).passed();
    http("regex \"is ill\"")
        .hears(page)
        .closed(true)
        .failed("the regular expression \"is ill\" does not match in the body's 20 bytes");
    let not = || http("regex \"is well\"\nregex_no_match");
    not()
        .hears(page)
        .closed(true)
        .failed("the regular expression \"is well\" matches, expected no match in the body's 20 bytes");
    not().hears("HTTP/1.0 200 OK\r\n\r\n").closed(true).passed();
}

#[test]
fn a_matcher_that_gives_up() {
    let check = check("HTTP_GET {\n url {\n path /\n regex a\n }\n}");
    let mut attempt = Attempt::new(&check, 0, 0);
    attempt.on(&check, ConnNews::Connected);
    let data = ConnNews::Data(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na".into());
    assert!(matches!(attempt.on(&check, data), Step::Match(_, text) if text == b"a"));
    // Nothing else decides meanwhile.
    assert_eq!(attempt.on(&check, ConnNews::Closed { clean: true }), Step::Wait);
    let step = attempt.matched(&check, Err("too many steps".to_owned()));
    assert_eq!(step, Step::failed("the regular expression \"a\": too many steps"));
}

/// However much comes, no more is kept than a bound, and a regular expression does not wait for the end.
#[test]
fn a_body_without_an_end() {
    let megabyte = vec![b'x'; TEXT / 4];
    let mut dialogue = http("regex y").hears("HTTP/1.0 200 OK\r\n\r\n");
    for _ in 0..4 {
        dialogue = dialogue.hears(&megabyte);
    }
    dialogue.failed("the regular expression \"y\" does not match in the body's first 1048576 bytes");
    let mut dialogue = http(&format!("regex y\n{HELLO}")).hears("HTTP/1.0 200 OK\r\n\r\n");
    for _ in 0..12 {
        dialogue = dialogue.hears(&megabyte);
    }
    let size = postcard::to_stdvec(&dialogue.attempt).expect("serialised").len();
    assert!(size < TEXT + 1024, "{size} bytes are kept");
    dialogue.waits(&failure("no complete answer within 5 s: 3145728 bytes of the body"));
}

#[test]
fn the_end_of_tls() {
    let page = "HTTP/1.0 200 OK\r\n\r\nhello";
    for options in [HELLO, "tls_compliant"] {
        https(options).hears(page).closed(false).passed();
        https(options).hears(page).closed(true).passed();
        https(options).hears(page).fails(104).passed();
    }
    // What is announced must have come.
    let page = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    https("tls_compliant").hears(page).passed();
}

#[test]
fn one_of_several_urls_is_named() {
    let check = check("HTTP_GET {\n url {\n path /a\n }\n url {\n path /b\n }\n}");
    let of = |url| Dialogue::with(check.clone(), url);
    of(1).hears("HTTP/1.0 500 No\r\n\r\n").failed("/b: status 500, expected 200-299");
    of(0).waits(&failure("/a: no complete answer within 5 s: no answer"));
    of(2).failed("?: the check has changed meanwhile");
}
