use super::{Dialogue, failure};

const CHECK: &str = "SMTP_CHECK {\n helo_name lb.example.org\n}";
const SAID: &str = "HELO lb.example.org\r\nQUIT\r\n";

fn smtp() -> Dialogue {
    Dialogue::new(CHECK)
}

#[test]
fn a_dialogue() {
    let dialogue = smtp().says("").hears("220 mail.example.org ESMTP\r\n").says("HELO lb.example.org\r\n");
    dialogue.hears("250 hello\r\n").says(SAID).hears("221 bye\r\n").says(SAID).passed();
}

#[test]
fn replies_of_several_lines() {
    let dialogue = smtp().hears("220-mail.example.org\r\n220-no spam\r\n").says("").hears("220 \r\n");
    dialogue.hears("250-hello\n250").says("HELO lb.example.org\r\n").hears("\n").says(SAID).hears("221\n").passed();
}

#[test]
fn after_quit_any_line_will_do() {
    smtp().hears("220 a\r\n").hears("250 b\r\n").hears("whatever\r\n").passed();
}

#[test]
fn a_server_that_is_ahead_of_us() {
    smtp().hears("220 a\r\n250 b\r\n221 c\r\n").passed();
    smtp().hears("220 a\r\n250 b\r\n").says(SAID).hears("221 c\r\n").passed();
}

#[test]
fn wrong_codes() {
    smtp().hears("554 go away\r\n").failed("the greeting is \"554 go away\", expected 220");
    smtp().hears("220-a\r\n554 b\r\n").failed("the greeting is \"554 b\", expected 220");
    smtp().hears("2200\r\n").failed("the greeting is \"2200\", expected 220");
    smtp().hears("\r\n").failed("the greeting is \"\", expected 220");
    smtp().hears("220 a\r\n").hears("502 what?\r\n").failed("the answer to HELO is \"502 what?\", expected 250");
}

#[test]
fn what_is_missing() {
    smtp().waits(&failure("no answer within 5 s: the greeting is missing"));
    smtp().hears("220 a").waits(&failure("no answer within 5 s: the greeting is missing"));
    smtp().hears("220 a\n").waits(&failure("no answer within 5 s: the answer to HELO is missing"));
    smtp().closed(true).failed("the connection was closed before the greeting");
    let quit = || smtp().hears("220 a\n").hears("250 b\n");
    quit().closed(true).failed("the connection was closed before the answer to QUIT");
    quit().fails(104).failed("connection reset by peer, before the answer to QUIT");
}

#[test]
fn a_line_has_an_end() {
    smtp().hears(vec![b'2'; 4096]).waits(&failure("no answer within 5 s: the greeting is missing"));
    smtp().hears(vec![b'2'; 4097]).failed("the greeting has a line of more than 4096 bytes");
}
