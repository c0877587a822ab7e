//! What is no keyword, and nevertheless begins a line or stands in a word: for `explain`.

/// Names, and what they do. The first letter is small.
const DIRECTIVES: &[(&[&str], &str, &str)] = &[
    (
        &["include"],
        "include FILE",
        "what the file contains stands here. Wildcards and {a,b} are expanded, in alphabetical order; a relative name counts from \
         the directory of the file that names it. A name without wildcards that leads to no file is a warning, and with \
         -e/--all-config an error.",
    ),
    (
        &["includer", "includem", "includew", "includeb", "includea"],
        "includer FILE, includem FILE, includew FILE, includeb FILE, includea FILE",
        "as `include`, and it is an error when: a file cannot be read (r), nothing matches (m), nothing matches a wildcard (w), \
         nothing matches a brace (b), any of these (a).",
    ),
    (
        &["@"],
        "@ID words",
        "the line counts only on machines whose id is ID, which is given by -i/--config-id, or is the host's name up to its first \
         point. `@^ID words` counts on all others.",
    ),
    (
        &["$", "${"],
        "$NAME=value",
        "from here on `$NAME` and `${NAME}` stand for the value. A value goes on in the next line where its line ends in a backslash, \
         and may contain blocks and other definitions.",
    ),
    (
        &["~SEQ", "~SEQx"],
        "~SEQ(VAR, START, STEP, END) words",
        "the rest of the line as often as $VAR takes a value from START to END; START and STEP may be left out. `~SEQx` counts in \
         hexadecimal.",
    ),
    (
        &["~LST"],
        "~LST(VAR, VALUE, VALUE...) words",
        "the rest of the line for each of the values. Several variables and their values stand in braces.",
    ),
    (
        &["_PWD", "_INSTANCE", "_RANDOM", "_ENV", "_HASH", "_BANG"],
        "${_PWD}, ${_INSTANCE}, ${_RANDOM MIN MAX}, ${_ENV NAME}, ${_HASH}, ${_BANG}",
        "the directory of the file; the id of the machine; a random number; a variable of the environment; the characters # and !.",
    ),
];

/// How a directive is written, and what it does.
pub(super) fn find(word: &str) -> Option<(&'static str, &'static str)> {
    let inner = word.trim_start_matches("${").trim_end_matches('}').split(' ').next().unwrap_or_default();
    let bare = word.split('(').next().unwrap_or_default();
    let is_own = |name: &str| name == bare || name.starts_with('_') && name == inner;
    let begins = |sign: &str| word.len() > 1 && word.starts_with(sign);
    let found = DIRECTIVES.iter().find(|(names, ..)| names.iter().any(|name| is_own(name)));
    let found = found.or_else(|| {
        let sign = ["@", "$"].into_iter().find(|sign| begins(sign))?;
        DIRECTIVES.iter().find(|(names, ..)| names.contains(&sign))
    });
    found.map(|(_, form, what)| (*form, *what))
}

/// Every name that is found.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    DIRECTIVES.iter().flat_map(|(names, ..)| names.iter().copied())
}
