use super::super::words;
use core::time::Duration;

#[test]
fn what_a_peer_says_disturbs_no_log() {
    assert_eq!(words::quoted(b"a\x1b[31m\"\r\n\xff"), r#""a\x1b[31m\"\r\n\xff""#);
    assert_eq!(words::quoted(&[b'a'; 65]), format!("\"{}...\"", "a".repeat(64)));
}

#[test]
fn times() {
    assert_eq!(words::time(Duration::from_secs(5)), "5 s");
    assert_eq!(words::time(Duration::from_millis(250)), "0.25 s");
}

#[test]
fn what_is_random_follows_from_the_seed() {
    assert_eq!(words::random(1, 33).len(), 33);
    assert_eq!(words::random(1, 33), words::random(1, 33));
    assert_ne!(words::random(1, 33), words::random(2, 33));
}
