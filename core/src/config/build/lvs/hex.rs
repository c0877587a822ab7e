//! Bytes in hexadecimal digits, which words may divide anywhere.

use super::super::setting::{Blank, Said, Setting};
use super::super::{Context, Item};
use super::settings::words_of;
use crate::config::diagnostic::Diagnostic;
use crate::config::keywords::Keyword;
use crate::config::lexer::Word;
use crate::config::model::MaskedByte;

/// The longest payload of a UDP packet, in bytes.
const MOST: usize = 65_507;

/// Bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HexBytes(pub(super) Vec<u8>);

/// Bytes of which only some digits count.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MaskedBytes(pub(super) Vec<MaskedByte>);

/// Two digits make a byte; a digit that is alone at the end of a word makes one too.
fn read(cx: &mut Context<'_, '_>, words: &[Word], wildcards: bool) -> Option<Vec<MaskedByte>> {
    let mut out = Vec::new();
    for word in words {
        // A quoted word may have blanks in it.
        for text in word.text.split([' ', '\t']) {
            let digits: Option<Vec<(u8, u8)>> = text.chars().map(|c| digit(c, wildcards)).collect();
            let Some(digits) = digits else {
                let expected = if wildcards { "hexadecimal digits, or x for any digit" } else { "hexadecimal digits" };
                cx.report(
                    Diagnostic::error("bad-hex", word.span, format!("`{}` are no bytes", word.text))
                        .label(format!("expected {expected}")),
                );
                return None;
            };
            out.extend(digits.chunks(2).map(|pair| match *pair {
                [(high, high_mask), (low, low_mask)] => {
                    MaskedByte { value: high << 4 | low, mask: high_mask << 4 | low_mask }
                }
                [(low, mask), ..] => MaskedByte { value: low, mask: 0xf0 | mask },
                [] => MaskedByte { value: 0, mask: 0 },
            }));
        }
    }
    if out.len() > MOST
        && let (Some(first), Some(last)) = (words.first(), words.last())
    {
        cx.report(
            Diagnostic::error("out-of-range", first.span.to(last.span), "more bytes than a UDP packet holds")
                .label(format!("{} bytes; at most {MOST} are possible", out.len())),
        );
        return None;
    }
    Some(out)
}

/// A digit and the bits of it that count.
fn digit(c: char, wildcards: bool) -> Option<(u8, u8)> {
    match c {
        'x' | 'X' if wildcards => Some((0, 0)),
        c => c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).map(|digit| (digit, 0xf)),
    }
}

fn write(byte: MaskedByte, out: &mut String) {
    for shift in [4, 0] {
        match byte.mask >> shift & 0xf {
            0 => out.push('x'),
            _ => out.push(char::from_digit(u32::from(byte.value >> shift & 0xf), 16).unwrap_or('0')),
        }
    }
}

impl Setting for HexBytes {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        let bytes = read(cx, words_of(item), false).unwrap_or_default();
        self.0 = bytes.iter().map(|byte| byte.value).collect();
    }

    fn say(&self, _: &Keyword) -> Said {
        let mut out = String::with_capacity(self.0.len() * 2);
        self.0.iter().for_each(|value| write(MaskedByte { value: *value, mask: 0xff }, &mut out));
        Said::Words(out)
    }
}

impl Setting for MaskedBytes {
    fn set(&mut self, cx: &mut Context<'_, '_>, item: &Item<'_>) {
        self.0 = read(cx, words_of(item), true).unwrap_or_default();
    }

    fn say(&self, _: &Keyword) -> Said {
        let mut out = String::with_capacity(self.0.len() * 2);
        self.0.iter().for_each(|byte| write(*byte, &mut out));
        Said::Words(out)
    }
}

impl Blank for HexBytes {
    fn blank() -> Self {
        HexBytes::default()
    }
}

impl Blank for MaskedBytes {
    fn blank() -> Self {
        MaskedBytes::default()
    }
}
