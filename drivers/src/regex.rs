//! Regular expressions of checks: PCRE2 (pcre2api(3)), in the language that configurations are written in.
//!
//! Whatever the pattern and the text, a search ends soon: PCRE2 bounds the steps from one place of the text, and what is tried at thousands
//! of places is bounded by searching them in stretches and looking at the clock between.

use keepalived_core::config::model::{Regex, RegexOption};
use pcre2_sys as pcre;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a search may take.
pub const TIME: Duration = Duration::from_secs(1);
/// Steps in a stretch, divided among its places.
const STEPS: u32 = 10_000_000;
/// Places in the first stretch.
const FIRST_STRETCH: usize = 64;
/// After a stretch that took so long the next one is shorter.
const SLOW: Duration = Duration::from_millis(5);
/// Places in the longest stretch; a search through many bytes from each still takes no more than about a second.
const STRETCH: usize = 1024;
/// Memory of a search, in KiB.
const MEMORY: u32 = 64 * 1024;

/// A pattern that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at its byte {at}")]
pub struct BadPattern {
    /// Why, in PCRE2's words.
    pub reason: String,
    /// Where in the pattern, in bytes from its beginning.
    pub at: usize,
}

/// A search that has begun, with how far it has come.
#[derive(Debug)]
pub struct Hunt<'t> {
    text: Cow<'t, [u8]>,
    /// The text is UTF-8, and `from` at the beginning of a character.
    utf: bool,
    /// The next place at which a match may begin.
    from: usize,
    /// The last one.
    last: usize,
    /// Places in the next stretch.
    stretch: usize,
    /// Places in the longest stretch.
    longest: usize,
    /// How long it has taken.
    spent: Duration,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Matcher {
    code: Code,
    /// Texts are UTF-8.
    utf: bool,
    /// Memory of a search, in KiB.
    memory: u32,
}

impl Matcher {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is none that PCRE2 accepts with these options.
    pub fn new(regex: &Regex) -> Result<Matcher, BadPattern> {
        let options = regex.options.iter().fold(pcre::PCRE2_USE_OFFSET_LIMIT, |bits, option| bits | bit(*option));
        let mut code = Code::new(&regex.pattern, options)?;
        let utf = code.options() & pcre::PCRE2_UTF != 0;
        if utf {
            // `\C` would end in the middle of a character, behind which PCRE2 reads what it likes.
            code = Code::new(&regex.pattern, options | pcre::PCRE2_NEVER_BACKSLASH_C)?;
        }
        let kib = regex.stack.map_or(0, |(_, most)| u32::try_from(most / 1024).unwrap_or(u32::MAX));
        Ok(Matcher { code, utf, memory: kib.clamp(MEMORY, 16 * MEMORY) })
    }

    /// Whether `text` has a match that begins at `regex`'s offsets. What `regex_no_match` makes of it is not decided here.
    ///
    /// # Errors
    /// When it gives up, and why.
    pub fn finds(&self, regex: &Regex, text: &[u8]) -> Result<bool, String> {
        self.search(regex, text, STRETCH)
    }

    /// `longest`: places in the longest stretch.
    fn search(&self, regex: &Regex, text: &[u8], longest: usize) -> Result<bool, String> {
        let mut hunt = Hunt { longest, ..self.begin(regex, Cow::Borrowed(text)) };
        loop {
            if let Some(result) = self.go_on(&mut hunt, TIME) {
                return result;
            }
        }
    }

    /// A search through `text` as that of [`finds`](Matcher::finds), which [`go_on`](Matcher::go_on) makes piece by piece.
    #[must_use]
    pub fn begin<'t>(&self, regex: &Regex, text: Cow<'t, [u8]>) -> Hunt<'t> {
        let offset = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        let text = if self.utf { as_utf8(text) } else { text };
        let mut from = offset(regex.min_offset);
        if self.utf && from > 0 && from < text.len() {
            // The next character, if it is in the middle of one.
            from = boundary(&text, from - 1) + 1;
        }
        let last = self.last(from, regex.max_offset.map_or(usize::MAX, offset), &text);
        Hunt { text, utf: self.utf, from, last, stretch: FIRST_STRETCH, longest: STRETCH, spent: Duration::ZERO }
    }

    /// Goes on with a search that this pattern has begun, for about `most`: for one stretch at least. `None`: there is more to search.
    pub fn go_on(&self, hunt: &mut Hunt<'_>, most: Duration) -> Option<Result<bool, String>> {
        let start = Instant::now();
        let result = self.piece(hunt, most);
        hunt.spent += start.elapsed();
        result.transpose()
    }

    fn piece(&self, hunt: &mut Hunt<'_>, most: Duration) -> Result<Option<bool>, String> {
        let start = Instant::now();
        let (text, longest) = (&*hunt.text, hunt.longest);
        let mut search = self.code.search()?;
        search.memory(self.memory);
        hunt.stretch = hunt.stretch.min(longest);
        while hunt.from <= hunt.last {
            let elapsed = start.elapsed();
            if hunt.spent + elapsed > TIME {
                return Err(format!("the search takes more than {} s", TIME.as_secs()));
            }
            let stretch = hunt.stretch;
            let until = boundary(text, hunt.from.saturating_add(stretch - 1)).min(hunt.last);
            // A whole character, and UTF-8, as PCRE2 would find out in each stretch again. Another pattern may have begun.
            let options = if self.utf && hunt.utf { pcre::PCRE2_NO_UTF_CHECK } else { 0 };
            let steps = STEPS / u32::try_from(stretch).unwrap_or(STEPS).min(STEPS);
            match search.run(text, (hunt.from, until), options, steps) {
                pcre::PCRE2_ERROR_NOMATCH => {
                    hunt.from = until + 1;
                    hunt.stretch = match start.elapsed() - elapsed > SLOW {
                        true => (stretch / 4).max(1),
                        false => (stretch * 2).min(longest),
                    };
                }
                // There may be more steps at each of fewer places.
                pcre::PCRE2_ERROR_MATCHLIMIT if stretch > 1 => hunt.stretch = (stretch / 8).max(1),
                pcre::PCRE2_ERROR_MATCHLIMIT => return Err(format!("the search takes more than {STEPS} steps")),
                found if found >= 0 => return Ok(Some(true)),
                error => return Err(message(error)),
            }
            if hunt.from <= hunt.last && start.elapsed() > most {
                return Ok(None);
            }
        }
        Ok(Some(false))
    }

    /// The last byte at which a match may begin; the end of the text is one more.
    fn last(&self, from: usize, most: usize, text: &[u8]) -> usize {
        let options = self.code.options();
        let most = most.min(text.len());
        if options & pcre::PCRE2_ANCHORED != 0 {
            return most.min(from);
        }
        if options & pcre::PCRE2_FIRSTLINE != 0 {
            // A stretch that begins behind it would have a first line of its own.
            let line = text.get(from..).unwrap_or_default().iter().position(|byte| *byte == b'\n');
            return line.map_or(most, |line| most.min(from + line));
        }
        most
    }
}

/// The last byte of the character in which `at` is.
fn boundary(text: &[u8], at: usize) -> usize {
    // A continuation byte behind it (10xxxxxx) belongs to it; no character has more than four bytes.
    let more = text.iter().skip(at.saturating_add(1)).take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    at.saturating_add(more)
}

/// With control characters in the place of bytes that are not UTF-8: PCRE2 demands it, and what is good in a page is still found.
fn as_utf8(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const SUBSTITUTE: u8 = 0x1a;
    if core::str::from_utf8(&text).is_ok() {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        out.resize(out.len() + chunk.invalid().len(), SUBSTITUTE);
    }
    Cow::Owned(out)
}

/// Compiled patterns, each once.
#[derive(Debug, Default)]
pub struct Matchers {
    all: BTreeMap<(String, Vec<RegexOption>), (Arc<Matcher>, bool)>,
}

impl Matchers {
    /// A pattern, compiled now or before.
    ///
    /// # Errors
    /// When it cannot be compiled, and why.
    pub fn get(&mut self, regex: &Regex) -> Result<Arc<Matcher>, String> {
        let key = (regex.pattern.clone(), regex.options.clone());
        let (matcher, used) = match self.all.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let matcher = Matcher::new(regex).map_err(|error| error.to_string())?;
                entry.insert((Arc::new(matcher), true))
            }
        };
        *used = true;
        Ok(Arc::clone(matcher))
    }

    /// Forgets those that nobody has asked for since it was called last: at each new configuration, it leaves no more than that of two.
    pub fn forget_unused(&mut self) {
        self.all.retain(|_, (_, used)| std::mem::take(used));
    }
}

const fn bit(option: RegexOption) -> u32 {
    match option {
        RegexOption::AllowEmptyClass => pcre::PCRE2_ALLOW_EMPTY_CLASS,
        RegexOption::AltBsux => pcre::PCRE2_ALT_BSUX,
        RegexOption::AutoCallout => pcre::PCRE2_AUTO_CALLOUT,
        RegexOption::Caseless => pcre::PCRE2_CASELESS,
        RegexOption::DollarEndOnly => pcre::PCRE2_DOLLAR_ENDONLY,
        RegexOption::DotAll => pcre::PCRE2_DOTALL,
        RegexOption::DupNames => pcre::PCRE2_DUPNAMES,
        RegexOption::Extended => pcre::PCRE2_EXTENDED,
        RegexOption::FirstLine => pcre::PCRE2_FIRSTLINE,
        RegexOption::MatchUnsetBackref => pcre::PCRE2_MATCH_UNSET_BACKREF,
        RegexOption::Multiline => pcre::PCRE2_MULTILINE,
        RegexOption::NeverUcp => pcre::PCRE2_NEVER_UCP,
        RegexOption::NeverUtf => pcre::PCRE2_NEVER_UTF,
        RegexOption::NoAutoCapture => pcre::PCRE2_NO_AUTO_CAPTURE,
        RegexOption::NoAutoPossess => pcre::PCRE2_NO_AUTO_POSSESS,
        RegexOption::NoDotStarAnchor => pcre::PCRE2_NO_DOTSTAR_ANCHOR,
        RegexOption::NoStartOptimize => pcre::PCRE2_NO_START_OPTIMIZE,
        RegexOption::Ucp => pcre::PCRE2_UCP,
        RegexOption::Ungreedy => pcre::PCRE2_UNGREEDY,
        RegexOption::Utf => pcre::PCRE2_UTF,
        RegexOption::NeverBackslashC => pcre::PCRE2_NEVER_BACKSLASH_C,
        RegexOption::AltCircumflex => pcre::PCRE2_ALT_CIRCUMFLEX,
        RegexOption::AltVerbNames => pcre::PCRE2_ALT_VERBNAMES,
        RegexOption::UseOffsetLimit => pcre::PCRE2_USE_OFFSET_LIMIT,
    }
}

/// A `pcre2_code`.
#[derive(Debug)]
struct Code(NonNull<pcre::pcre2_code_8>);

// SAFETY: a compiled pattern is only read while it is matched (pcre2api(3), MULTITHREADING), and it is not compiled by JIT.
#[allow(unsafe_code)]
unsafe impl Send for Code {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Code {}

impl Code {
    #[allow(unsafe_code)]
    fn new(pattern: &str, options: u32) -> Result<Code, BadPattern> {
        let (mut error, mut at) = (0, 0);
        // SAFETY: pattern and length belong together, and nothing of it is kept; error and place outlive the call; a null context is the default.
        let code = unsafe {
            pcre::pcre2_compile_8(pattern.as_ptr(), pattern.len(), options, &raw mut error, &raw mut at, null_mut())
        };
        NonNull::new(code).map(Code).ok_or_else(|| BadPattern { reason: message(error), at })
    }

    /// Its options, with those that the pattern itself sets.
    #[allow(unsafe_code)]
    fn options(&self) -> u32 {
        let mut options: u32 = 0;
        // SAFETY: PCRE2_INFO_ALLOPTIONS writes a u32.
        unsafe {
            pcre::pcre2_pattern_info_8(self.0.as_ptr(), pcre::PCRE2_INFO_ALLOPTIONS, (&raw mut options).cast());
        }
        options
    }

    #[allow(unsafe_code)]
    fn search(&self) -> Result<Search<'_>, String> {
        // SAFETY: the code is one; null contexts are the default. What is null was not made, and is not used.
        let (data, context) = unsafe {
            (
                pcre::pcre2_match_data_create_from_pattern_8(self.0.as_ptr(), null_mut()),
                pcre::pcre2_match_context_create_8(null_mut()),
            )
        };
        let search = Search { code: self, data, context };
        if data.is_null() || context.is_null() { Err("out of memory".to_owned()) } else { Ok(search) }
    }
}

impl Drop for Code {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: it was made by pcre2_compile, and nobody uses it any more.
        unsafe { pcre::pcre2_code_free_8(self.0.as_ptr()) }
    }
}

/// What a search needs besides the pattern. The pointers are null only until [`Code::search`] has looked.
struct Search<'a> {
    code: &'a Code,
    data: *mut pcre::pcre2_match_data_8,
    context: *mut pcre::pcre2_match_context_8,
}

impl Search<'_> {
    #[allow(unsafe_code)]
    fn memory(&mut self, kib: u32) {
        // SAFETY: the context is one.
        unsafe {
            pcre::pcre2_set_heap_limit_8(self.context, kib);
        }
    }

    /// The number of a match, or an error. `from` and `until` are the first and the last byte at which it may begin; `from` is in the text or at
    /// its end. With `PCRE2_NO_UTF_CHECK` the text must be UTF-8, and `from` not in the middle of a character.
    #[allow(unsafe_code)]
    fn run(&mut self, text: &[u8], (from, until): (usize, usize), options: u32, steps: u32) -> i32 {
        // SAFETY: code, data and context are what they are called and belong together; text and length do too, and are only read; the data's
        // pointer into the text is not asked for. `search` keeps what PCRE2_NO_UTF_CHECK promises.
        unsafe {
            pcre::pcre2_set_offset_limit_8(self.context, until);
            pcre::pcre2_set_match_limit_8(self.context, steps);
            let code = self.code.0.as_ptr();
            pcre::pcre2_match_8(code, text.as_ptr(), text.len(), from, options, self.data, self.context)
        }
    }
}

impl Drop for Search<'_> {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: each was made by PCRE2, or is null, which it ignores.
        unsafe {
            pcre::pcre2_match_data_free_8(self.data);
            pcre::pcre2_match_context_free_8(self.context);
        }
    }
}

/// An error in PCRE2's words.
#[allow(unsafe_code)]
fn message(error: i32) -> String {
    let mut buffer = [0_u8; 256];
    // SAFETY: the buffer is as long as is said. It is ended by a zero.
    let length = unsafe { pcre::pcre2_get_error_message_8(error, buffer.as_mut_ptr(), buffer.len()) };
    match usize::try_from(length).ok().and_then(|length| buffer.get(..length)) {
        Some(text) => String::from_utf8_lossy(text).into_owned(),
        None => format!("PCRE2's error {error}"),
    }
}

#[cfg(test)]
#[path = "regex_tests.rs"]
mod tests;
