//! The number of the IPVS family, which the kernel hands out anew each time its module is loaded.

use super::attributes::{attributes, messages, u16_of};
use super::number::{FAMILY, GENERIC_HEADER};
use super::socket::Channel;
use keepalived_core::kernel::Errno;
use neli::ToBytes;
use neli::consts::genl::{CtrlAttr, CtrlCmd};
use neli::consts::nl::{GenlId, NlmF};
use neli::genl::{AttrTypeBuilder, GenlmsghdrBuilder, NlattrBuilder};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::types::GenlBuffer;
use std::error::Error;
use std::io::{Cursor, ErrorKind};

/// Asks for the family's number. The kernel looks for the module itself where it can.
///
/// # Errors
/// `EPROTONOSUPPORT` when there is no such family, and whatever the kernel says else.
pub(super) fn resolve(channel: &impl Channel, sequence: u32, buffer: &mut [u8]) -> Result<u16, Errno> {
    let request = request(sequence).map_err(|_| Errno::EPROTONOSUPPORT)?;
    channel.send(&request).map_err(|error| errno(&error))?;
    let mut number = Err(Errno::EPROTONOSUPPORT);
    loop {
        let length = match channel.receive(buffer) {
            Ok(length) => length,
            // The kernel has answered before the request was sent off. Had it not, it never would.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return number,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(errno(&error)),
        };
        for message in messages(&buffer[..length]).filter(|message| message.sequence == sequence) {
            match i32::from(message.kind) {
                libc::NLMSG_ERROR => match super::attributes::u32_of(message.payload).map(u32::cast_signed) {
                    Some(0) => return number,
                    Some(code) if -code == libc::ENOENT => return Err(Errno::EPROTONOSUPPORT),
                    Some(code) => return Err(Errno(code.saturating_neg())),
                    None => return Err(Errno::EPROTONOSUPPORT),
                },
                _ => {
                    let inside = attributes(message.payload.get(GENERIC_HEADER..).unwrap_or_default());
                    let id =
                        inside.filter(|(kind, _)| *kind == u16::from(CtrlAttr::FamilyId)).find_map(|(_, v)| u16_of(v));
                    number = id.ok_or(Errno::EPROTONOSUPPORT);
                }
            }
        }
    }
}

fn request(sequence: u32) -> Result<Vec<u8>, Box<dyn Error>> {
    let kind = AttrTypeBuilder::default().nla_type(CtrlAttr::FamilyName).build()?;
    let name = NlattrBuilder::default().nla_type(kind).nla_payload(FAMILY).build()?;
    let attributes: GenlBuffer<_, _> = std::iter::once(name).collect();
    let payload = GenlmsghdrBuilder::default().cmd(CtrlCmd::Getfamily).version(2).attrs(attributes).build()?;
    let message = NlmsghdrBuilder::default()
        .nl_type(GenlId::Ctrl)
        .nl_flags(NlmF::REQUEST | NlmF::ACK)
        .nl_seq(sequence)
        .nl_payload(NlPayload::Payload(payload))
        .build()?;
    let mut bytes = Cursor::new(Vec::new());
    message.to_bytes(&mut bytes)?;
    Ok(bytes.into_inner())
}

pub(super) fn errno(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::ETIMEDOUT, Errno)
}
