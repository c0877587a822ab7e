//! The Internet checksum (RFC 1071).

use core::net::{Ipv4Addr, Ipv6Addr};

/// A running one's-complement sum of 16-bit words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum(u64);

impl Sum {
    /// Adds bytes; an odd last byte is padded with zero, so only the last call may have an odd length.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Sum {
        let (words, rest) = bytes.as_chunks::<2>();
        for word in words {
            self.0 += u64::from(u16::from_be_bytes(*word));
        }
        if let [last] = rest {
            self.0 += u64::from(*last) << 8;
        }
        self
    }

    /// Adds the IPv4 pseudo-header (RFC 9568 section 5.2.8): addresses, protocol and length of the upper layer.
    #[must_use]
    pub fn pseudo_v4(self, source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, len: usize) -> Sum {
        let mut sum = self.bytes(&source.octets()).bytes(&destination.octets());
        sum.0 += u64::from(protocol) + len as u64;
        sum
    }

    /// Adds the IPv6 pseudo-header (RFC 8200 section 8.1).
    #[must_use]
    pub fn pseudo_v6(self, source: Ipv6Addr, destination: Ipv6Addr, protocol: u8, len: usize) -> Sum {
        let mut sum = self.bytes(&source.octets()).bytes(&destination.octets());
        sum.0 += u64::from(protocol) + len as u64;
        sum
    }

    /// The checksum to put into a message whose checksum field was summed as zero.
    #[must_use]
    pub fn finish(self) -> u16 {
        !self.fold()
    }

    /// Whether a message whose checksum field was summed as it is adds up.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.fold() == 0xffff
    }

    fn fold(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn the_example_of_rfc_1071() {
        let sum = Sum::default().bytes(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.finish(), !0xddf2);
    }

    quickcheck! {
        fn a_message_with_its_checksum_is_valid(bytes: Vec<u8>) -> bool {
            let mut bytes = bytes;
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            let sum = Sum::default().bytes(&bytes).finish();
            bytes.extend_from_slice(&sum.to_be_bytes());
            Sum::default().bytes(&bytes).is_valid()
        }

        fn one_changed_bit_is_noticed(bytes: Vec<u8>, at: usize) -> bool {
            let mut bytes = bytes;
            bytes.resize(bytes.len().next_multiple_of(2).max(2), 0);
            let sum = Sum::default().bytes(&bytes).finish();
            bytes.extend_from_slice(&sum.to_be_bytes());
            let bit = at % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            !Sum::default().bytes(&bytes).is_valid()
        }
    }
}
