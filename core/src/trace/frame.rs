//! The envelope of a frame: length, checksum, bytes.

/// Length and checksum.
pub(super) const ENVELOPE: usize = 8;

/// The CRC-32 of IEEE 802.3, as zlib and Ethernet have it.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)])
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// Reserves the envelope of a frame whose bytes are appended next; give the result to [`close`].
pub(super) fn open(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; ENVELOPE]);
    start
}

/// Fills in the envelope of the frame that began at `start`.
pub(super) fn close(out: &mut [u8], start: usize) {
    let (_, frame) = out.split_at_mut(start);
    let (envelope, body) = frame.split_at_mut(ENVELOPE);
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    envelope[..4].copy_from_slice(&length.to_le_bytes());
    envelope[4..].copy_from_slice(&crc32(body).to_le_bytes());
}

/// What comes next in a recording.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A whole frame, and what follows it.
    Frame(&'a [u8], &'a [u8]),
    /// Nothing: it ends here.
    End,
    /// The beginning of a frame.
    Cut,
    /// A frame whose bytes are not what was written.
    Corrupt,
}

/// Takes one frame off.
pub(super) fn next(bytes: &[u8]) -> Next<'_> {
    if bytes.is_empty() {
        return Next::End;
    }
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Next::Cut };
    let Some((crc, rest)) = rest.split_first_chunk::<4>() else { return Next::Cut };
    let length = u32::from_le_bytes(*length) as usize;
    let Some((body, rest)) = rest.split_at_checked(length) else { return Next::Cut };
    if crc32(body) == u32::from_le_bytes(*crc) { Next::Frame(body, rest) } else { Next::Corrupt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn crc_is_the_well_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    quickcheck! {
        fn frames_come_back(bodies: Vec<Vec<u8>>) -> bool {
            let mut out = Vec::new();
            for body in &bodies {
                let start = open(&mut out);
                out.extend_from_slice(body);
                close(&mut out, start);
            }
            let mut rest = &out[..];
            for body in &bodies {
                let Next::Frame(got, after) = next(rest) else { return false };
                if got != body { return false; }
                rest = after;
            }
            next(rest) == Next::End
        }

        fn any_bytes_are_read(bytes: Vec<u8>) -> bool {
            !matches!(next(&bytes), Next::Frame(body, rest) if body.len() + rest.len() + ENVELOPE != bytes.len())
        }

        fn a_flipped_bit_is_seen(body: Vec<u8>, at: usize, bit: u8) -> bool {
            let mut out = Vec::new();
            let start = open(&mut out);
            out.extend_from_slice(&body);
            close(&mut out, start);
            let at = at % out.len();
            out[at] ^= 1 << (bit % 8);
            !matches!(next(&out), Next::Frame(..))
        }
    }
}
