//! `url` of `HTTP_GET` and `SSL_GET`: what is asked for and what the answer must be.

use super::super::setting::{Blank, Said, Setting, fields};
use super::super::values::{Value, choice, integer};
use super::super::{Context, Given, Item, command};
use super::settings::{given, words_of};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::{HTTP_URL, Keyword, SSL_URL};
use crate::config::lexer::Word;
use crate::config::model::{Choice, Regex, RegexOption, StatusCodes, Url};

/// What a `url` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct UrlDraft<const TLS: bool> {
    pub(super) path: Option<Given<String>>,
    pub(super) host: Option<String>,
    pub(super) digest: Option<Digest>,
    pub(super) status: Option<Statuses>,
    pub(super) regex: Option<Given<Pattern>>,
    pub(super) no_match: Option<Given<bool>>,
    pub(super) options: Option<Given<Options>>,
    pub(super) min_offset: Option<Given<u32>>,
    pub(super) max_offset: Option<Given<u32>>,
    pub(super) stack: Option<Given<Stack>>,
    pub(super) tls_compliant: Option<bool>,
    /// False: the path was written wrongly, and has been reported.
    pub(super) sound: bool,
}

macro_rules! url_fields {
    ($tls:literal, $block:expr, { $($more:tt)* }) => {
        fields!(UrlDraft<$tls>, $block, {
            "path" => path,
            "virtualhost" => host,
            "status_code" => status,
            "digest" => digest,
            "regex" => regex,
            "regex_no_match" => no_match,
            "regex_options" => options,
            "regex_min_offset" => min_offset,
            "regex_max_offset" => max_offset,
            "regex_stack" => stack,
            $($more)*
        });
    };
}

url_fields!(false, HTTP_URL, {});
url_fields!(true, SSL_URL, { "tls_compliant" => tls_compliant, });

impl<const TLS: bool> UrlDraft<TLS> {
    /// Applies the rules. `host` and `tls_compliant` are those of the check.
    pub(super) fn resolve(
        self,
        cx: &mut Context<'_, '_>,
        keyword: Span,
        host: Option<&String>,
        tls_compliant: bool,
    ) -> Option<Url> {
        let regex = self.regex(cx);
        let Some(path) = self.path else {
            if !cx.partial && self.sound {
                cx.report(
                    Diagnostic::error("missing-keyword", keyword, "a `url` without a `path`")
                        .label("`path` is missing")
                        .help("what is asked for, like `path /index.html`"),
                );
            }
            return None;
        };
        if !path.value.starts_with('/') {
            cx.report(
                Diagnostic::warning("bad-value", path.span, "a path begins with `/`")
                    .label("sent as it is; few servers understand it"),
            );
        }
        Some(Url {
            path: path.value,
            host: self.host.or_else(|| host.cloned()),
            status: self.status.map_or_else(|| vec![StatusCodes::SUCCESS], Statuses::merged),
            digest: self.digest.map(|digest| digest.0),
            regex,
            tls_compliant: self.tls_compliant.unwrap_or(tls_compliant),
        })
    }

    fn regex(&self, cx: &mut Context<'_, '_>) -> Option<Regex> {
        let min = self.min_offset.as_ref().map_or(0, |given| given.value.into());
        let max = self.max_offset.as_ref().map(|given| given.value.into());
        let Some(pattern) = &self.regex else {
            let loose = [
                self.no_match.as_ref().map(|given| given.span),
                self.options.as_ref().map(|given| given.span),
                self.min_offset.as_ref().map(|given| given.span),
                self.max_offset.as_ref().map(|given| given.span),
                self.stack.as_ref().map(|given| given.span),
            ];
            for span in loose.into_iter().flatten() {
                cx.report(
                    Diagnostic::warning("no-effect", span, "this has no effect without `regex`").label("skipped"),
                );
            }
            return None;
        };
        if let (Some(late), Some(max)) = (&self.max_offset, max)
            && min > max
        {
            cx.report(
                Diagnostic::error("bad-value", late.span, format!("a match cannot begin between {min} and {max}"))
                    .label("less than `regex_min_offset`"),
            );
        }
        let options = self.options.as_ref().map(|given| given.value.0.clone()).unwrap_or_default();
        if let Some(problem) = super::regex::problem(&pattern.value.0, &options) {
            cx.report(
                Diagnostic::error("bad-regex", pattern.span, "the regular expression cannot be read").label(problem),
            );
        }
        Some(Regex {
            pattern: pattern.value.0.clone(),
            no_match: self.no_match.is_some(),
            options,
            min_offset: min,
            max_offset: max,
            stack: self.stack.as_ref().map(|given| (given.value.start, given.value.most)),
            at: pattern.span.into(),
        })
    }

    /// What says `url`.
    pub(super) fn of(url: &Url) -> Self {
        let regex = url.regex.as_ref();
        let offset = |offset: u64| u32::try_from(offset).unwrap_or(u32::MAX);
        UrlDraft {
            path: given(url.path.clone()),
            host: url.host.clone(),
            digest: url.digest.map(Digest),
            status: (url.status != [StatusCodes::SUCCESS]).then(|| Statuses(url.status.clone())),
            regex: regex.and_then(|regex| given(Pattern(regex.pattern.clone()))),
            no_match: regex.filter(|regex| regex.no_match).and_then(|_| given(true)),
            options: regex
                .filter(|regex| !regex.options.is_empty())
                .and_then(|regex| given(Options(regex.options.clone()))),
            min_offset: regex.filter(|regex| regex.min_offset > 0).and_then(|regex| given(offset(regex.min_offset))),
            max_offset: regex.and_then(|regex| regex.max_offset).and_then(|most| given(offset(most))),
            stack: regex.and_then(|regex| regex.stack).and_then(|(start, most)| given(Stack { start, most })),
            tls_compliant: url.tls_compliant.then_some(true),
            sound: true,
        }
    }
}

/// An MD5 sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Digest(pub(super) [u8; 16]);

impl Setting for Digest {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Bytes(bytes) = &item.value
            && let Ok(digest) = bytes.as_slice().try_into()
        {
            self.0 = digest;
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(self.0.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Blank for Digest {
    fn blank() -> Self {
        Digest::default()
    }
}

/// `status_code`, as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statuses(pub(super) Vec<StatusCodes>);

impl Statuses {
    fn read(cx: &mut Context<'_, '_>, word: &Word) -> Option<StatusCodes> {
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=599).contains(code));
        let (first, last) = word.text.split_once('-').unwrap_or((&word.text, &word.text));
        match (code(first), code(last)) {
            (Some(first), Some(last)) if first <= last => Some(StatusCodes { first, last }),
            _ => {
                cx.report(
                    Diagnostic::error("bad-value", word.span, format!("`{}` is no status code", word.text))
                        .label("expected a number from 100 to 599, or a range like 200-299"),
                );
                None
            }
        }
    }

    /// In order, without overlaps.
    fn merged(mut self) -> Vec<StatusCodes> {
        self.0.sort_unstable();
        let mut out: Vec<StatusCodes> = Vec::new();
        for codes in self.0 {
            match out.last_mut() {
                Some(before) if codes.first <= before.last + 1 => before.last = before.last.max(codes.last),
                _ => out.push(codes),
            }
        }
        if out.is_empty() { vec![StatusCodes::SUCCESS] } else { out }
    }
}

impl Setting for Option<Statuses> {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let more = words_of(item).iter().filter_map(|word| Statuses::read(cx, word));
        self.get_or_insert_default().0.extend(more);
    }

    fn say(&self, _: &Keyword) -> Said {
        let Some(statuses) = self else { return Said::Nothing };
        let words = statuses.0.iter().map(|codes| match codes.first == codes.last {
            true => codes.first.to_string(),
            false => format!("{}-{}", codes.first, codes.last),
        });
        Said::Words(words.collect::<Vec<_>>().join(" "))
    }
}

/// `regex`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pattern(pub(super) String);

impl Setting for Pattern {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Text(text) = &item.value {
            self.0.clone_from(text);
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(command::quoted(&self.0))
    }
}

impl Blank for Pattern {
    fn blank() -> Self {
        Pattern::default()
    }
}

/// `regex_options`, in order, each once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options(pub(super) Vec<RegexOption>);

impl Setting for Option<Given<Options>> {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let more = words_of(item).iter().filter_map(|word| {
            choice(cx, item.keyword.name, word, RegexOption::WORDS).and_then(RegexOption::from_word)
        });
        let options = self.get_or_insert_with(|| Given { value: Options::default(), span: item.args });
        options.value.0.extend(more);
        options.value.0.sort_unstable();
        options.value.0.dedup();
    }

    fn say(&self, _: &Keyword) -> Said {
        let Some(options) = self else { return Said::Nothing };
        Said::Words(options.value.0.iter().map(|option| option.word()).collect::<Vec<_>>().join(" "))
    }
}

/// `regex_stack`
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stack {
    start: u64,
    most: u64,
}

impl Setting for Stack {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let [start, most] = words_of(item) else { return };
        let mut bytes = |word| integer(cx, item.keyword.name, word, 0, i64::MAX).map(i64::unsigned_abs);
        let (Some(start), Some(most)) = (bytes(start), bytes(most)) else { return };
        if start > most {
            cx.report(
                Diagnostic::error("bad-value", item.args, "the stack is larger at first than at most")
                    .label("expected the smaller number first"),
            );
        }
        *self = Stack { start, most };
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(format!("{} {}", self.start, self.most))
    }
}

impl Blank for Stack {
    fn blank() -> Self {
        Stack::default()
    }
}
