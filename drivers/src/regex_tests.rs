use super::*;
use keepalived_core::config::Place;
use keepalived_core::config::model::Choice;
use quickcheck::quickcheck;

fn regex(pattern: &str, options: &[RegexOption]) -> Regex {
    Regex {
        pattern: pattern.to_owned(),
        no_match: false,
        options: options.to_vec(),
        min_offset: 0,
        max_offset: None,
        stack: None,
        at: Place::default(),
    }
}

fn finds(pattern: &str, options: &[RegexOption], text: &[u8]) -> Result<bool, String> {
    let regex = regex(pattern, options);
    Matcher::new(&regex).map_err(|error| error.to_string())?.finds(&regex, text)
}

fn between(pattern: &str, min: u64, max: Option<u64>, text: &str) -> bool {
    let regex = Regex { min_offset: min, max_offset: max, ..regex(pattern, &[]) };
    Matcher::new(&regex).unwrap().finds(&regex, text.as_bytes()).unwrap()
}

#[test]
fn patterns() {
    let yes = |pattern, text: &str| assert_eq!(finds(pattern, &[], text.as_bytes()), Ok(true), "{pattern} {text}");
    let no = |pattern, text: &str| assert_eq!(finds(pattern, &[], text.as_bytes()), Ok(false), "{pattern} {text}");
    yes("all is (well|fine)", "<p>all is fine</p>");
    no("all is (well|fine)", "<p>all is lost</p>");
    yes("^$", "");
    yes("b$", "ab\n");
    yes("(?<=a)b", "ab");
    yes("(?<n>a)\\k<n>", "baa");
    yes("(*UTF)^.$", "é");
    no("^.$", "é");
    no("x", "");
}

/// Each option does what its name says: there is a pattern and a text for which it makes the difference.
#[test]
fn every_option() {
    use RegexOption::*;
    let difference: [(RegexOption, &str, &[u8]); 17] = [
        (AllowEmptyClass, "a[]b]", b"ab]"),
        (AltBsux, r"^\u0061", b"a"),
        (Caseless, "A", b"a"),
        (DollarEndOnly, "a$", b"a\n"),
        (DotAll, "a.b", b"a\nb"),
        (DupNames, "(?<n>a)(?<n>b)", b"ab"),
        (Extended, "a b", b"ab"),
        (FirstLine, "b", b"a\nb"),
        (MatchUnsetBackref, r"(a)?\1b", b"b"),
        (Multiline, "^b", b"a\nb"),
        (NeverUcp, "(*UCP)a", b"a"),
        (NeverUtf, "(*UTF)a", b"a"),
        (NoAutoCapture, r"(a)\1", b"aa"),
        (Ucp, r"(*UTF)^\w$", "é".as_bytes()),
        (Utf, "^.$", "é".as_bytes()),
        (NeverBackslashC, r"\C", b"a"),
        (Ungreedy, "^(?>a+)$", b"aa"),
    ];
    for (option, pattern, text) in difference {
        assert_ne!(finds(pattern, &[], text), finds(pattern, &[option], text), "{option:?}");
    }
    let alone = [AltCircumflex, AutoCallout, NoAutoPossess, NoDotStarAnchor, NoStartOptimize, UseOffsetLimit];
    for option in alone {
        assert_eq!(finds("a+b", &[option], b"xaab"), Ok(true), "{option:?}");
    }
    assert_eq!(finds("^b", &[AltCircumflex, Multiline], b"a\nb"), Ok(true));
    assert_eq!(finds("(*MARK:a\\)b)x", &[], b"x").is_ok(), finds("x", &[AltVerbNames], b"x").is_err());
    assert_eq!(finds("(*MARK:a\\)b)x", &[AltVerbNames], b"x"), Ok(true));
    assert_eq!(RegexOption::ALL.len(), 24);
    let bits = RegexOption::ALL.iter().fold(0, |bits: u32, option| bits | bit(option.1));
    assert_eq!(bits.count_ones(), 24, "each has its own");
}

#[test]
fn offsets() {
    assert!(between("a", 3, None, "bcda"));
    assert!(!between("a", 1, None, "abcd"));
    assert!(between("a", 0, Some(0), "abcd"));
    assert!(!between("b", 0, Some(0), "abcd"));
    assert!(between("b", 0, Some(1), "abcd"));
    // Where it begins counts, not where it ends.
    assert!(between("bcd", 0, Some(1), "abcd"));
    assert!(!between("a", 5, None, "abcd"));
    assert!(!between("a", 1 << 40, Some(1 << 41), "abcd"));
    assert!(between("$", 4, Some(4), "abcd"));
    assert!(between("\\Ga", 1, None, "bac"));
    assert!(!between("\\Gc", 1, None, &format!("b{}c", "a".repeat(5000))));
    let first_line = |text: &str| finds("c", &[RegexOption::FirstLine], text.as_bytes());
    assert_eq!(first_line(&format!("{}\n{}c", "a".repeat(3000), "a".repeat(3000))), Ok(false));
    assert_eq!(first_line(&format!("{}c\n", "a".repeat(3000))), Ok(true));
    // What is before may be looked back at.
    assert!(between("(?<=a)b", 1, None, "ab"));
    assert!(!between("^b", 1, None, "ab"));
}

#[test]
fn what_is_wrong_with_a_pattern() {
    let of = |pattern| Matcher::new(&regex(pattern, &[])).unwrap_err();
    let error = of("a(b");
    assert_eq!((error.to_string().as_str(), error.at), ("missing closing parenthesis, at its byte 3", 3));
    assert_eq!(of("(?<=a+)b").to_string(), "length of lookbehind assertion is not limited, at its byte 0");
}

/// Whatever is tried, it ends, and says so.
#[test]
fn nothing_stalls() {
    let long = vec![b'a'; 1 << 20];
    // What is tried is not cut short because the last character of the pattern is nowhere.
    let mut gave_up = 0;
    for pattern in
        ["(a+)+c", "(a|aa)+c", "(?:a*)*b?c", "a[^x]*b", "a*c", "(?s)a.*b", "(?:(?:a?){50}){50}c", "(?=(a+))a*b\\1"]
    {
        let pattern = format!("(*NO_START_OPT)(*NO_AUTO_POSSESS){pattern}");
        let start = Instant::now();
        let result = finds(&pattern, &[], &long);
        println!("{pattern}: {result:?} after {:?}", start.elapsed());
        assert_ne!(result, Ok(true), "{pattern}");
        gave_up += u32::from(result.is_err());
        // Far from the days that some of them would take; a machine may be slow.
        assert!(start.elapsed() < Duration::from_secs(120), "{pattern}: {:?}", start.elapsed());
    }
    assert!(gave_up > 4, "they are not as bad as they should be");
}

/// A text that is not UTF-8 is searched all the same.
#[test]
fn texts_that_are_not_utf8() {
    assert_eq!(finds("é", &[RegexOption::Utf], b"\xff\xc3\xa9"), Ok(true));
    assert_eq!(finds("^.é$", &[RegexOption::Utf], b"\xff\xc3\xa9"), Ok(true));
    assert_eq!(finds("\u{fffd}", &[RegexOption::Utf], b"\xff\xc3"), Ok(false));
    // An offset in the middle of a character is that of the next one.
    let utf = |min| Regex { min_offset: min, ..regex("é", &[RegexOption::Utf]) };
    let found = [0, 1, 2, 3].map(|min| Matcher::new(&utf(min)).unwrap().finds(&utf(min), "éé".as_bytes()));
    assert_eq!(found, [Ok(true), Ok(true), Ok(true), Ok(false)]);
    // Where PCRE2 could read behind the end.
    assert!(finds("\\C", &[RegexOption::Utf], b"a").unwrap_err().contains("\\C"));
}

#[test]
fn each_pattern_is_compiled_once_and_forgotten_when_it_is_not_used() {
    let mut matchers = Matchers::default();
    let first = regex("a", &[]);
    let later = Regex { min_offset: 1, ..first.clone() };
    let caseless = regex("a", &[RegexOption::Caseless]);
    let mut finds = |regex: &Regex, text: &[u8]| matchers.get(regex).and_then(|matcher| matcher.finds(regex, text));
    assert_eq!(finds(&first, b"ab"), Ok(true));
    assert_eq!(finds(&later, b"ab"), Ok(false));
    assert_eq!(finds(&caseless, b"A"), Ok(true));
    assert!(finds(&regex("(", &[]), b"").is_err());
    assert_eq!(matchers.all.len(), 2);
    matchers.forget_unused();
    assert_eq!(matchers.all.len(), 2);
    matchers.get(&later).unwrap();
    matchers.forget_unused();
    assert_eq!(matchers.all.keys().map(|(_, options)| options.len()).collect::<Vec<_>>(), [0]);
}

#[test]
fn a_slow_search_is_made_in_pieces() {
    let regex = regex("(*NO_START_OPT)(*NO_AUTO_POSSESS)(a|aa)+c", &[]);
    let matcher = Matcher::new(&regex).unwrap();
    let text = "a".repeat(4000);
    let mut hunt = matcher.begin(&regex, Cow::Borrowed(text.as_bytes()));
    let first = matcher.go_on(&mut hunt, Duration::ZERO);
    assert_eq!(first, None, "it does not come to its end at once");
    let mut pieces = 0;
    let end = loop {
        pieces += 1;
        if let Some(end) = matcher.go_on(&mut hunt, Duration::ZERO) {
            break end;
        }
    };
    assert!(end.is_err() && pieces < 1000, "and not in the end: {end:?} after {pieces}");
}

#[test]
fn a_search_that_another_pattern_has_begun_is_looked_at_first() {
    let (bytes, characters) = (regex("a", &[]), regex("\\x{e9}", &[RegexOption::Utf]));
    let mut hunt = Matcher::new(&bytes).unwrap().begin(&bytes, Cow::Borrowed(b"\xc3"));
    let result = Matcher::new(&characters).unwrap().go_on(&mut hunt, Duration::ZERO);
    assert!(matches!(result, Some(Err(_))), "this is no UTF-8: {result:?}");
}

/// The stretches make no difference: a search of one stretch finds the same.
fn in_stretches(text: Vec<u8>, padding: usize, utf: bool) -> bool {
    let options: &[RegexOption] = if utf { &[RegexOption::Utf] } else { &[] };
    let text = [vec![b'-'; padding % 500], text, vec![b'-'; padding / 7 % 500]].concat();
    ["a", "^", "\u{e9}", "[^-]", "(?<=-)[^-]+$", "\\B[a-f]", "x*$"].into_iter().all(|pattern| {
        let regex = regex(pattern, options);
        let matcher = Matcher::new(&regex).unwrap();
        let whole = matcher.finds(&regex, &text);
        [1, 3, 100].into_iter().all(|longest| matcher.search(&regex, &text, longest) == whole)
    })
}

quickcheck! {
    fn stretches_make_no_difference(text: Vec<u8>, padding: usize, utf: bool) -> bool {
        in_stretches(text, padding, utf)
    }
    fn any_pattern_and_any_text(pattern: String, text: Vec<u8>, options: Vec<u8>) -> bool {
        let options: Vec<_> =
            options.iter().map(|n| RegexOption::ALL[usize::from(*n) % RegexOption::ALL.len()].1).collect();
        let _ = finds(&pattern, &options, &text);
        true
    }
}
