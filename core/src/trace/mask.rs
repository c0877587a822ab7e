//! Secrets out of recordings, without changing what happens.
//!
//! Every password is replaced by a pseudonym: SipHash-2-4 of its 8 bytes under a key that lives only as long as the recording process and is
//! written nowhere. Equal passwords have equal pseudonyms, so the replayed engine accepts and refuses what the
//! recorded one did. The same replacement is made in the configuration, in the engine's state and in the packets.
//!
//! So are the arguments of scripts, which may hold tokens and the like; the program and what keepalived itself appends stay.

use crate::config::model::{AuthPass, Config, HmacSecret, InstanceConfig};
use crate::net::{Family, Version};
use crate::vrrp::{Input, Output, Packet, Transmit};
use crate::wire::checksum::Sum;
use crate::wire::vrrp::{AUTH_LEN, Advert, HEADER_LEN};
use core::hash::Hasher;
use siphasher::sip::SipHasher24;
use std::borrow::Cow;
use std::sync::Arc;

/// The key of the pseudonyms of one run. Not to be written anywhere.
#[derive(Clone)]
pub struct Key([u8; 16]);

impl Key {
    /// A key from random bytes, which the driver provides.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Key {
        Key(random)
    }

    /// The pseudonym of a password. No password (all zero) stays none: that is what routers without authentication send.
    #[must_use]
    pub fn password(&self, password: AuthPass) -> AuthPass {
        if password.0 == [0; 8] {
            return password;
        }
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(&password.0);
        AuthPass(hasher.finish().to_le_bytes())
    }

    /// Replaces a script's arguments as they are configured.
    pub fn arguments(&self, argv: &mut [String]) {
        for argument in argv.iter_mut().skip(1) {
            *argument = self.pseudonym(argument.as_bytes());
        }
    }

    fn pseudonym(&self, secret: &[u8]) -> String {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(secret);
        format!("{:016x}", hasher.finish())
    }

    /// Replaces a script's arguments as it is run: what the engine appends to those of `notify` (kind, name, state, priority) stays.
    pub fn run(&self, argv: &mut [String]) {
        let appended = match &argv[..] {
            [_, .., kind, _, _, priority] => {
                matches!(kind.as_str(), "INSTANCE" | "GROUP") && priority.parse::<u8>().is_ok()
            }
            _ => false,
        };
        let end = argv.len() - if appended { 4 } else { 0 };
        self.arguments(&mut argv[..end]);
    }

    /// Replaces all passwords, keys and arguments of a configuration.
    pub fn config(&self, config: &mut Config) {
        config.scripts_mut().for_each(|script| self.arguments(&mut script.argv));
        for instance in &mut config.instances {
            self.instance(instance);
        }
        if let Some(password) = config.lvs.ssl.as_mut().and_then(|ssl| ssl.password.as_mut()) {
            password.0 = self.pseudonym(password.0.as_bytes());
        }
    }

    /// Replaces the passwords and keys of an instance.
    pub fn instance(&self, instance: &mut InstanceConfig) {
        // Who has neither goes on sharing its settings.
        if let Some(password) = instance.auth {
            instance.auth = Some(self.password(password));
        }
        if instance.hmac.is_none() {
            return;
        }
        for key in instance.hmac.iter_mut().flat_map(|hmac| &mut hmac.keys) {
            if let HmacSecret::Bytes(bytes) = &mut key.secret {
                let mut hasher = SipHasher24::new_with_key(&self.0);
                hasher.write(bytes);
                *bytes = hasher.finish().to_le_bytes().repeat(4);
            }
        }
    }

    /// Replaces what may be a password in a VRRP message. `None` when nothing has to change. A right checksum stays right and a wrong one
    /// stays wrong.
    #[must_use]
    pub fn message(&self, message: &[u8], family: Family) -> Option<Vec<u8>> {
        let start = secret_start(message, family)?;
        if message[start..].iter().all(|byte| *byte == 0) {
            return None;
        }
        let mut masked = message.to_vec();
        for chunk in masked[start..].chunks_mut(8) {
            let mut password = [0; 8];
            password[..chunk.len()].copy_from_slice(chunk);
            chunk.copy_from_slice(&self.password(AuthPass(password)).0[..chunk.len()]);
        }
        let total = sum(message);
        masked[6..8].fill(0);
        // Solves `sum(masked) + checksum = total`. 0xffff for a right one, as a sender computes it, so that sent packets
        // come out as the replayed engine makes them.
        let checksum = Sum::default().bytes(&total.to_be_bytes()).bytes(&(!sum(&masked)).to_be_bytes());
        let checksum = !checksum.finish();
        let checksum = if checksum == 0xffff { 0 } else { checksum };
        masked[6..8].copy_from_slice(&checksum.to_be_bytes());
        Some(masked)
    }

    /// The input without secrets.
    #[must_use]
    pub fn input<'a>(&self, input: &'a Input<'_>) -> Cow<'a, Input<'a>> {
        match input {
            Input::Packet(packet) => match self.message(&packet.payload, Family::of(packet.source)) {
                Some(payload) => Cow::Owned(Input::Packet(Packet { payload: payload.into(), ..packet.clone() })),
                None => Cow::Borrowed(input),
            },
            Input::Configure(config) => {
                let mut config = config.clone();
                self.config(&mut config);
                Cow::Owned(Input::Configure(config))
            }
            _ => Cow::Borrowed(input),
        }
    }

    /// The output without secrets.
    #[must_use]
    pub fn output<'a>(&self, output: &'a Output) -> Cow<'a, Output> {
        if let Output::RunScript(run) = output {
            let mut run = run.clone();
            self.run(&mut run.argv);
            return Cow::Owned(Output::RunScript(run));
        }
        if let Output::Send(transmit) = output
            && let Some(payload) = self.message(&transmit.payload, transmit.socket.family)
        {
            return Cow::Owned(Output::Send(Transmit { payload: Arc::from(payload), ..transmit.clone() }));
        }
        Cow::Borrowed(output)
    }
}

/// Where what may be a password begins: the authentication data of version 2 are its last bytes. A message whose lengths do not agree - a forged
/// count of addresses, bytes cut off or added - may hold them anywhere. The engine refuses it by its header and its length alone, so all that
/// follows the header can be replaced.
fn secret_start(message: &[u8], family: Family) -> Option<usize> {
    if message.len() <= HEADER_LEN {
        return None;
    }
    match Advert::parse(message, family).map(|advert| advert.version) {
        Ok(Version::V2) => Some(message.len() - AUTH_LEN),
        Ok(Version::V3) => None,
        Err(_) => Some(HEADER_LEN),
    }
}

/// The ones' complement sum of RFC 1071, not complemented.
fn sum(bytes: &[u8]) -> u16 {
    !Sum::default().bytes(bytes).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    const KEY: Key = Key::new(*b"0123456789abcdef");

    fn advert(addresses: u8, password: [u8; 8], error: u16) -> Vec<u8> {
        let mut message = vec![0x21, 51, 100, addresses, 1, 1, 0, 0];
        for address in 0..addresses {
            message.extend([10, 0, 0, address]);
        }
        message.extend(password);
        let checksum = (!sum(&message)).wrapping_add(error);
        message[6..8].copy_from_slice(&checksum.to_be_bytes());
        message
    }

    quickcheck! {
        fn only_password_and_checksum_change(addresses: u8, password: u64, error: u16) -> bool {
            let message = advert(addresses, password.to_le_bytes(), error);
            let Some(masked) = KEY.message(&message, Family::V4) else { return password == 0 };
            let end = message.len() - 8;
            masked.len() == message.len()
                && masked[..6] == message[..6]
                && masked[8..end] == message[8..end]
                && masked[end..] == KEY.password(AuthPass(password.to_le_bytes())).0
                && (sum(&masked) == 0xffff) == (sum(&message) == 0xffff)
        }

        /// A replayed engine that was given the pseudonym as its password makes the very bytes that were recorded.
        fn what_was_sent_is_what_replay_sends(addresses: u8, password: u64) -> bool {
            let masked = KEY.password(AuthPass(password.to_le_bytes()));
            let recorded = KEY.message(&advert(addresses, password.to_le_bytes(), 0), Family::V4);
            password == 0 || recorded == Some(advert(addresses, masked.0, 0))
        }

        fn any_bytes_keep_length_header_and_sum(message: Vec<u8>, v6: bool) -> bool {
            let family = if v6 { Family::V6 } else { Family::V4 };
            let Some(masked) = KEY.message(&message, family) else { return true };
            masked.len() == message.len() && masked[..6] == message[..6] && sum(&masked) % 0xffff == sum(&message) % 0xffff
        }

        fn no_eight_bytes_of_the_password_remain(cut: u8, addresses: u8, naddr: u8, trailing: u8) -> bool {
            let mut message = advert(addresses, *b"s3cr3t!!", 0);
            message.extend(core::iter::repeat_n(7, usize::from(trailing)));
            message[3] = naddr;
            message.truncate(message.len() - usize::from(cut).min(message.len()));
            let masked = KEY.message(&message, Family::V4).unwrap_or_else(|| message.clone());
            // Bytes were added and counted as addresses, so that all lengths agree: what is an address and what is not, nobody can tell.
            let hidden = naddr > addresses && Advert::parse(&message, Family::V4).is_ok();
            hidden || !masked.windows(8).any(|bytes| bytes == b"s3cr3t!!")
        }
    }

    #[test]
    fn equal_passwords_have_equal_pseudonyms_and_none_stays_none() {
        assert_eq!(KEY.password(AuthPass(*b"secret\0\0")), KEY.password(AuthPass(*b"secret\0\0")));
        assert_ne!(KEY.password(AuthPass(*b"secret\0\0")), KEY.password(AuthPass(*b"secres\0\0")));
        assert_ne!(KEY.password(AuthPass(*b"secret\0\0")), Key::new([1; 16]).password(AuthPass(*b"secret\0\0")));
        assert_eq!(KEY.password(AuthPass([0; 8])), AuthPass([0; 8]));
    }

    #[test]
    fn no_forged_count_of_addresses_hides_a_password() {
        for version in [0x21, 0x31, 0x01, 0x22] {
            for forged in (0..=255).filter(|count| *count != 2) {
                let mut message = advert(2, *b"s3cr3t!!", 0);
                (message[0], message[3]) = (version, forged);
                // Two addresses more in version 3 are the password's place: a right advert by all that it says of itself.
                if (version, forged) != (0x31, 4) {
                    let masked = KEY.message(&message, Family::V4).expect("it has a password");
                    assert!(!masked.windows(4).any(|bytes| b"s3cr3t!!".windows(4).any(|part| part == bytes)));
                    assert_eq!(Advert::parse(&masked, Family::V4).err(), Advert::parse(&message, Family::V4).err());
                }
            }
        }
    }

    #[test]
    fn adverts_without_password_are_left_alone() {
        assert_eq!(KEY.message(&[0x31, 51, 100, 1, 0, 100, 1, 2, 10, 0, 0, 1], Family::V4), None);
        assert_eq!(KEY.message(&advert(2, [0; 8], 0), Family::V4), None);
    }
}
