//! Messages and attributes as bytes.

use super::number::{GENERIC_HEADER, HEADER, VERSION};

const NESTED: u16 = 1 << 15;
/// `NLA_TYPE_MASK`
const TYPE: u16 = 0x3fff;

/// Appends a message to `buffer`.
pub(super) fn message(
    buffer: &mut Vec<u8>,
    (family, command): (u16, u8),
    flags: u16,
    sequence: u32,
    attributes: impl FnOnce(&mut Vec<u8>),
) {
    let begin = buffer.len();
    // Its length comes last. The kernel knows whose socket it is.
    let mut head = [0; HEADER + GENERIC_HEADER];
    head[4..6].copy_from_slice(&family.to_ne_bytes());
    head[6..8].copy_from_slice(&flags.to_ne_bytes());
    head[8..12].copy_from_slice(&sequence.to_ne_bytes());
    head[HEADER..HEADER + 2].copy_from_slice(&[command, VERSION]);
    buffer.extend_from_slice(&head);
    attributes(buffer);
    let length = u32::try_from(buffer.len() - begin).unwrap_or(u32::MAX);
    buffer[begin..begin + 4].copy_from_slice(&length.to_ne_bytes());
}

/// Appends an attribute of at most 16 bytes, padded to four bytes: in one piece, for a table of many services consists of them.
#[inline]
pub(super) fn put<const LENGTH: usize>(buffer: &mut Vec<u8>, kind: u16, value: &[u8; LENGTH]) {
    const { assert!(LENGTH <= 16) };
    let mut attribute = [0; 20];
    attribute[..4].copy_from_slice(&head(kind, LENGTH));
    attribute[4..4 + LENGTH].copy_from_slice(value);
    buffer.extend_from_slice(&attribute[..4 + LENGTH.next_multiple_of(4)]);
}

/// The head of an attribute whose value is so long.
fn head(kind: u16, length: usize) -> [u8; 4] {
    let ([a, b], [c, d]) = (u16::try_from(4 + length).unwrap_or(u16::MAX).to_ne_bytes(), kind.to_ne_bytes());
    [a, b, c, d]
}

pub(super) fn put_u16(buffer: &mut Vec<u8>, kind: u16, value: u16) {
    put(buffer, kind, &value.to_ne_bytes());
}

pub(super) fn put_u32(buffer: &mut Vec<u8>, kind: u16, value: u32) {
    put(buffer, kind, &value.to_ne_bytes());
}

/// A text with the zero that ends it.
pub(super) fn put_text(buffer: &mut Vec<u8>, kind: u16, text: &str) {
    buffer.extend_from_slice(&head(kind, text.len() + 1));
    buffer.extend_from_slice(text.as_bytes());
    buffer.push(0);
    buffer.resize(buffer.len().next_multiple_of(4), 0);
}

/// Appends an attribute of attributes.
pub(super) fn nest(buffer: &mut Vec<u8>, kind: u16, attributes: impl FnOnce(&mut Vec<u8>)) {
    let begin = buffer.len();
    buffer.extend_from_slice(&head(kind | NESTED, 0));
    attributes(buffer);
    let length = u16::try_from(buffer.len() - begin).unwrap_or(u16::MAX);
    buffer[begin..begin + 2].copy_from_slice(&length.to_ne_bytes());
}

/// A message in a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// Its type: a family, or `NLMSG_ERROR` and the like.
    pub(super) kind: u16,
    /// The sequence number of the request.
    pub(super) sequence: u32,
    /// What follows the header.
    pub(super) payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// The attributes after the generic header.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        attributes(self.payload.get(GENERIC_HEADER..).unwrap_or_default())
    }
}

/// The messages of a datagram, up to its end or to the first that is malformed.
pub(super) fn messages(mut datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let (header, _) = datagram.split_at_checked(HEADER)?;
        let length = usize::try_from(u32_of(&header[..4])?).ok()?;
        let message = datagram.get(..length)?;
        let payload = message.get(HEADER..)?;
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Message { kind: u16_of(&header[4..6])?, sequence: u32_of(&header[8..12])?, payload })
    })
}

/// The attributes in `bytes`, up to their end or to the first that is malformed.
pub(super) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (header, _) = bytes.split_at_checked(4)?;
        let length = usize::from(u16_of(&header[..2])?);
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((u16_of(&header[2..])? & TYPE, value))
    })
}

/// A number at the beginning of `bytes`.
pub(super) fn u16_of(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
}

/// A number at the beginning of `bytes`.
pub(super) fn u32_of(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// A text, up to the zero that ends it.
pub(super) fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = bytes.split(|byte| *byte == 0).next()?;
    str::from_utf8(text).ok()
}
