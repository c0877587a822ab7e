//! The one binding of a keyword to a field, for reading and for printing.

use super::values::{Value, decimal, integer, millis};
use super::{Context, Item, Seen, script, walk};
use crate::config::ast::Block;
use crate::config::diagnostic::Severity;
use crate::config::keywords::{Arg, Keyword, Path};
use crate::config::lexer::Word;
use crate::config::model::{Choice, Credentials, Script};
use crate::config::print::{credentials, quoted_word};
use crate::net::Name;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

/// What stands after a keyword that is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) enum Said {
    /// The keyword is not printed.
    Nothing,
    /// These words; perhaps none.
    Words(String),
    /// A block with these lines.
    Lines(Vec<String>),
    /// The keyword as often as there are lines, one after each.
    Each(Vec<String>),
}

/// A value that a keyword gives.
pub(in crate::config) trait Setting {
    /// Takes over what was read as the table says.
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>);
    /// How `keyword` says it.
    fn say(&self, keyword: &Keyword) -> Said;
}

/// A block whose keywords are bound to fields by [`fields!`].
pub(in crate::config) trait Fields: Sized {
    /// The block.
    const BLOCK: Path;
    /// The keywords that are bound.
    #[cfg(test)]
    const NAMES: &'static [&'static str];
    /// Takes over what a keyword says. False: it is not bound.
    fn take(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) -> bool;
    /// Tells what is other than in `base`.
    fn say(&self, base: &Self, out: &mut dyn FnMut(&'static str, Said));
}

/// Binds keywords of a block to fields: `fields!(SmtpConfig in GLOBAL { "smtp_server" => server, ... })`.
macro_rules! fields {
    ($type:ty, $block:expr, { $($name:literal => $($field:ident).+,)* }) => {
        impl $crate::config::build::setting::Fields for $type {
            const BLOCK: $crate::config::keywords::Path = $block;
            #[cfg(test)]
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn take(
                &mut self,
                cx: &mut $crate::config::build::Context<'_, '_>,
                item: &$crate::config::build::Item<'_>,
            ) -> bool {
                use $crate::config::build::setting::Setting;
                match item.keyword.meaning() {
                    $($name => Setting::set(&mut self.$($field).+, cx, item),)*
                    _ => return false,
                }
                true
            }

            fn say(
                &self,
                base: &Self,
                out: &mut dyn FnMut(&'static str, $crate::config::build::setting::Said),
            ) {
                use $crate::config::build::setting::Setting;
                $(
                    if self.$($field).+ != base.$($field).+
                        && let Some(keyword) = $crate::config::keywords::find($block, $name)
                    {
                        out($name, Setting::say(&self.$($field).+, keyword));
                    }
                )*
            }
        }
    };
}
pub(in crate::config) use fields;

/// Reads a block into `target`. Keywords that are not bound go to `rest`.
pub(in crate::config) fn read<'a, 's, 'd, T: Fields>(
    cx: &mut Context<'s, 'd>,
    target: &mut T,
    block: &'a Block,
    seen: &mut Seen<'a>,
    mut rest: impl FnMut(&mut Context<'s, 'd>, &mut T, Item<'a>),
) {
    walk(cx, &block.statements, T::BLOCK, seen, |cx, item| {
        if !target.take(cx, &item) {
            rest(cx, target, item);
        }
    });
}

/// Nothing more is to be done for a keyword.
pub(in crate::config) fn no_rest<T>(_: &mut Context<'_, '_>, _: &mut T, _: Item<'_>) {}

/// What a keyword alone stands for, where it may stand alone and its value has a default.
fn inner(arg: Arg) -> Arg {
    match arg {
        Arg::Optional(arg) | Arg::Or(arg, _) => *arg,
        arg => arg,
    }
}

impl Setting for bool {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        *self = !matches!(item.value, Value::Switch(false));
    }

    fn say(&self, keyword: &Keyword) -> Said {
        match (keyword.arg, *self) {
            (Arg::Switch, true) => Said::Words("on".into()),
            (Arg::Switch, false) => Said::Words("off".into()),
            (_, true) => Said::Words(String::new()),
            (_, false) => Said::Nothing,
        }
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Setting for $type {
            fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
                // The table's range fits the type: a test looks.
                match item.value {
                    Value::Integer(n) => *self = <$type>::try_from(n).unwrap_or_default(),
                    Value::Bare(word) => *self = word.parse().unwrap_or_default(),
                    _ => {}
                }
            }

            fn say(&self, _: &Keyword) -> Said {
                Said::Words(self.to_string())
            }
        }
    )*};
}
integers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl Setting for Duration {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        match item.value {
            Value::Micros(micros) => *self = Duration::from_micros(micros),
            Value::Integer(seconds) => *self = Duration::from_secs(seconds.unsigned_abs()),
            _ => {}
        }
    }

    fn say(&self, keyword: &Keyword) -> Said {
        let micros = u64::try_from(self.as_micros()).unwrap_or(u64::MAX);
        Said::Words(match inner(keyword.arg) {
            Arg::Millis(..) => millis(micros),
            Arg::Micros(..) => micros.to_string(),
            _ => decimal(micros),
        })
    }
}

impl Setting for String {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        match item.value {
            Value::Word(word) => *self = word.text.to_string(),
            Value::Bare(word) => *self = word.to_owned(),
            _ => {}
        }
    }

    fn say(&self, keyword: &Keyword) -> Said {
        match keyword.arg {
            Arg::Or(_, "") | Arg::Optional(_) if self.is_empty() => Said::Words(String::new()),
            _ => Said::Words(quoted_word(self)),
        }
    }
}

impl Setting for Name {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Word(word) = item.value {
            *self = Name::from(word.text.as_str());
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(quoted_word(self))
    }
}

impl Setting for IpAddr {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Address(ip) = item.value {
            *self = ip;
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(self.to_string())
    }
}

impl Setting for Script {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Script(script) = &item.value {
            self.clone_from(script);
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        let command = script::quoted(&self.argv);
        Said::Words(match &self.user {
            None => command,
            Some(user) => format!("{command} {}", credentials(user)),
        })
    }
}

impl Setting for Credentials {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::User(user) = &item.value {
            self.clone_from(user);
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(credentials(self))
    }
}

impl<T: Choice> Setting for T {
    fn set(&mut self, _: &mut Context<'_, '_>, item: &Item<'_>) {
        if let Value::Choice(word) | Value::Bare(word) = item.value
            && let Some(value) = T::from_word(word)
        {
            *self = value;
        }
    }

    fn say(&self, _: &Keyword) -> Said {
        Said::Words(self.word().to_owned())
    }
}

/// Where a keyword that may be missing begins, before what it says is taken over.
pub(in crate::config) trait Blank {
    /// The value of a keyword that stands alone; otherwise nobody sees it.
    fn blank() -> Self;
}

macro_rules! blank {
    ($($type:ty => $value:expr,)*) => {$(
        impl Blank for $type {
            fn blank() -> Self {
                $value
            }
        }
    )*};
}
blank! {
    bool => false,
    u8 => 0, u16 => 0, u32 => 0, u64 => 0, i8 => 0, i16 => 0, i32 => 0, i64 => 0,
    Duration => Duration::ZERO,
    String => String::new(),
    Name => Name::from(""),
    IpAddr => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    Script => Script::default(),
    Credentials => Credentials::default(),
}

impl<T: Choice> Blank for T {
    fn blank() -> Self {
        T::ALL[0].1
    }
}

impl Setting for Box<Script> {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        (**self).set(cx, item);
    }

    fn say(&self, keyword: &Keyword) -> Said {
        (**self).say(keyword)
    }
}

impl Blank for Box<Script> {
    fn blank() -> Self {
        Box::default()
    }
}

impl<T: Setting + Blank> Setting for Option<T> {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let before = cx.diagnostics.len();
        let mut value = T::blank();
        value.set(cx, item);
        // What was wrong leaves things as they were.
        if cx.diagnostics.iter().skip(before).all(|d| d.severity < Severity::Error) {
            *self = Some(value);
        }
    }

    fn say(&self, keyword: &Keyword) -> Said {
        self.as_ref().map_or(Said::Nothing, |value| value.say(keyword))
    }
}

/// A value of several words.
pub(in crate::config) trait Form: Sized {
    /// Reads it. `None`: it was wrong, and has been reported.
    fn parse(cx: &mut Context<'_, '_>, item: &Item<'_>) -> Option<Self>;
    /// How it is written.
    fn words(&self) -> String;
}

/// Values of several words, each with the value that nobody sees.
macro_rules! forms {
    ($($type:ty => $blank:expr,)*) => {$(
        impl $crate::config::build::setting::Setting for $type {
            fn set(
                &mut self,
                cx: &mut $crate::config::build::Context<'_, '_>,
                item: &$crate::config::build::Item<'_>,
            ) {
                if let Some(value) = $crate::config::build::setting::Form::parse(cx, item) {
                    *self = value;
                }
            }

            fn say(&self, _: &$crate::config::keywords::Keyword) -> $crate::config::build::setting::Said {
                $crate::config::build::setting::Said::Words($crate::config::build::setting::Form::words(self))
            }
        }

        impl $crate::config::build::setting::Blank for $type {
            fn blank() -> Self {
                $blank
            }
        }
    )*};
}
pub(in crate::config) use forms;

/// The words of a keyword that takes some.
pub(in crate::config) fn words<'a>(item: &Item<'a>) -> Option<&'a [Word]> {
    let Value::Words(words) = item.value else { return None };
    Some(words)
}

/// One of many values of a keyword: some of its words, or a line of its block.
pub(in crate::config) trait Entry: Sized {
    /// Reads it. `None`: it was wrong, and has been reported.
    fn read(cx: &mut Context<'_, '_>, words: &[Word]) -> Option<Self>;
    /// How it is written.
    fn line(&self) -> String;
}

impl Entry for String {
    fn read(_: &mut Context<'_, '_>, words: &[Word]) -> Option<Self> {
        words.first().map(|word| word.text.to_string())
    }

    fn line(&self) -> String {
        quoted_word(self)
    }
}

impl Entry for u32 {
    fn read(cx: &mut Context<'_, '_>, words: &[Word]) -> Option<Self> {
        let number = integer(cx, "the number", words.first()?, 0, i64::from(u32::MAX))?;
        u32::try_from(number).ok()
    }

    fn line(&self) -> String {
        self.to_string()
    }
}

impl<T: Entry> Blank for Vec<T> {
    fn blank() -> Self {
        Vec::new()
    }
}

impl<T: Entry> Setting for Vec<T> {
    /// A keyword with a block, and one that may be repeated, adds to what is there.
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        match &item.value {
            Value::Words(words) => *self = words.chunks(1).filter_map(|word| T::read(cx, word)).collect(),
            Value::Names(words) => {
                self.extend(words.iter().filter_map(|word| T::read(cx, core::slice::from_ref(*word))));
            }
            Value::Lines(lines) => self.extend(lines.iter().filter_map(|line| T::read(cx, &line.words))),
            Value::Word(word) if item.keyword.many => self.extend(T::read(cx, core::slice::from_ref(*word))),
            _ => {}
        }
    }

    fn say(&self, keyword: &Keyword) -> Said {
        let lines: Vec<String> = self.iter().map(T::line).collect();
        match inner(keyword.arg) {
            Arg::Words(least, _) | Arg::Form(_, least, _) if least == 0 || !lines.is_empty() => {
                Said::Words(lines.join(" "))
            }
            _ if lines.is_empty() => Said::Nothing,
            _ if keyword.many => Said::Each(lines),
            _ => Said::Lines(lines),
        }
    }
}
