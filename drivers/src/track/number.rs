//! The number in a file, as the C version reads it: strtol(3) with base 0.

/// What a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// A number; 0 where there is none.
    Value(i32),
    /// Not one of 32 bits.
    OutOfRange,
}

/// Space, a sign, `0x` or `0` for other bases than ten, digits, and whatever follows.
pub(super) fn parse(bytes: &[u8]) -> Number {
    let text = bytes.trim_ascii_start();
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (base, text) = match text {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (16, &text[2..]),
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let mut value = 0_i64;
    for digit in text.iter().map_while(|byte| char::from(*byte).to_digit(base)) {
        value = value * i64::from(base) + i64::from(digit);
        if value > i64::from(u32::MAX) {
            return Number::OutOfRange;
        }
    }
    i32::try_from(if negative { -value } else { value }).map_or(Number::OutOfRange, Number::Value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn as_strtol() {
        for (text, value) in [
            ("12\n", 12),
            (" \t-7 apples", -7),
            ("+3", 3),
            ("0x1F", 31),
            ("0x", 0),
            ("017", 15),
            ("09", 0),
            ("", 0),
            ("five", 0),
            ("-", 0),
            ("2147483647", i32::MAX),
            ("-2147483648", i32::MIN),
        ] {
            assert_eq!(parse(text.as_bytes()), Number::Value(value), "{text}");
        }
        for text in ["2147483648", "-2147483649", "99999999999999999999999999", "0xffffffffffffffffffff"] {
            assert_eq!(parse(text.as_bytes()), Number::OutOfRange, "{text}");
        }
    }

    quickcheck! {
        fn every_number_is_read(value: i32) -> bool {
            parse(format!("{value}\n").as_bytes()) == Number::Value(value)
        }

        fn nothing_panics(bytes: Vec<u8>) -> bool {
            parse(&bytes);
            true
        }
    }
}
