//! `auth_hmac` of an instance.

use super::setting::{self, fields};
use super::values::{Value, hex_digits, integer};
use super::{Context, Seen};
use crate::config::ast::Block;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::keywords::HMAC;
use crate::config::lexer::Word;
use crate::config::model::{HmacConfig, HmacKey, HmacSecret};

fields!(HmacConfig, HMAC, {
    "active_key" => active_key,
    "time_window" => time_window,
    "anti_replay" => anti_replay,
    "mode" => mode,
});

/// How long a key may be, in bytes.
const KEY: core::ops::RangeInclusive<usize> = 32..=64;

/// Reads the block into `config`.
pub(super) fn read<'a>(cx: &mut Context<'_, '_>, config: &mut HmacConfig, block: &'a Block, seen: &mut Seen<'a>) {
    setting::read(cx, config, block, seen, |cx, config: &mut HmacConfig, item| {
        if let Value::Words([id, secret]) = item.value
            && let Some(key) = key(cx, id, secret)
        {
            if config.keys.iter().any(|known| known.id == key.id) {
                cx.report(
                    Diagnostic::error("repeated", id.span, format!("there is a key {} already", key.id))
                        .label("each key has a number of its own"),
                );
            } else {
                config.keys.push(key);
            }
        }
    });
}

fn key(cx: &mut Context<'_, '_>, id: &Word, secret: &Word) -> Option<HmacKey> {
    if !id.text.bytes().all(|b| b.is_ascii_digit()) {
        // It may be the key itself.
        cx.report(
            Diagnostic::error("not-a-number", id.span, "a key has a number")
                .label("expected a whole number from 1 to 255 before the key"),
        );
        return None;
    }
    let id = u8::try_from(integer(cx, "the key's number", id, 1, 255)?).ok()?;
    let secret = if let Some(path) = secret.text.strip_prefix("file:") {
        HmacSecret::File(path.to_owned())
    } else {
        let bytes = match secret.text.strip_prefix("hex:") {
            Some(digits) => hex_digits(digits),
            None => Some(secret.text.as_bytes().to_vec()),
        };
        let length = bytes.as_ref().map(Vec::len);
        let Some(bytes) = bytes.filter(|bytes| KEY.contains(&bytes.len())) else {
            let message = match length {
                Some(length) => format!("the key has {length} bytes"),
                None => "the key is not pairs of hexadecimal digits".to_owned(),
            };
            cx.report(Diagnostic::error("bad-key", secret.span, message).label("expected 32 to 64 bytes"));
            return None;
        };
        HmacSecret::Bytes(bytes)
    };
    Some(HmacKey { id, secret })
}

/// Looks whether the key that signs is there.
pub(super) fn check(cx: &mut Context<'_, '_>, config: &HmacConfig, span: Span, seen: &Seen<'_>) {
    if cx.partial {
        return;
    }
    match config.active_key {
        Some(id) if !config.keys.iter().any(|key| key.id == id) => {
            let span = seen.get("active_key").map_or(span, |phrase| phrase.span);
            cx.report(
                Diagnostic::error("unknown-key", span, format!("there is no key {id}"))
                    .label("not defined in this block")
                    .note("no advert could be signed"),
            );
        }
        None if !config.keys.is_empty() && !seen.contains_key("active_key") => cx.report(
            Diagnostic::warning("no-authentication", span, "no key signs adverts")
                .label("`active_key` is missing")
                .help("name one of the keys, like `active_key 1`"),
        ),
        None if config.keys.is_empty() && !seen.contains_key("key") => cx.report(
            Diagnostic::warning("no-authentication", span, "`auth_hmac` without a key")
                .label("`key` is missing")
                .note("adverts carry no HMAC"),
        ),
        _ => {}
    }
}
