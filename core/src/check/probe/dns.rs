//! `DNS_CHECK`: a question is answered without an error.

use super::{Step, words};
use crate::config::model::{DnsProbe, DnsType};
use hickory_proto::ProtoError;
use hickory_proto::op::{Header, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinEncodable as _};
use serde::{Deserialize, Serialize};

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dns {
    id: u16,
    /// Datagrams that came but did not answer the question.
    pub(super) others: u32,
}

impl Dns {
    pub(super) fn new(seed: u64) -> Self {
        let id = words::random(seed, 2).iter().fold(0, |id, byte| id << 8 | u16::from(*byte));
        Dns { id, others: 0 }
    }

    pub(super) fn connected(&self, probe: &DnsProbe) -> Step {
        match self.query(probe) {
            Ok(bytes) => Step::Send(bytes.into()),
            Err(error) => Step::failed(format!("`{}` cannot be asked for: {error}", probe.name)),
        }
    }

    fn query(&self, probe: &DnsProbe) -> Result<Vec<u8>, ProtoError> {
        let labels = probe.name.split('.').filter(|label| !label.is_empty()).map(str::as_bytes);
        let mut name = Name::from_labels(labels)?;
        name.set_fqdn(true);
        let mut message = Message::new(self.id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(name, kind(probe.kind)));
        message.to_bytes()
    }

    /// A datagram. What does not answer the question is passed over, as it may come from an earlier one. Of an answer, the response code is
    /// judged: no record is needed, and none is read.
    pub(super) fn data(&mut self, bytes: &[u8]) -> Step {
        match Header::from_bytes(bytes).map(|header| header.metadata) {
            Ok(header) if header.id == self.id && header.message_type == MessageType::Response => {
                match header.response_code {
                    ResponseCode::NoError => Step::passed(),
                    code => {
                        let number = u16::from(code);
                        Step::failed(format!("the answer's code is {number} ({code}), expected 0 (No Error)"))
                    }
                }
            }
            _ => {
                self.others = self.others.saturating_add(1);
                Step::Wait
            }
        }
    }
}

fn kind(kind: DnsType) -> RecordType {
    match kind {
        DnsType::A => RecordType::A,
        DnsType::Ns => RecordType::NS,
        DnsType::Cname => RecordType::CNAME,
        DnsType::Soa => RecordType::SOA,
        DnsType::Mx => RecordType::MX,
        DnsType::Txt => RecordType::TXT,
        DnsType::Aaaa => RecordType::AAAA,
        DnsType::Rrsig => RecordType::RRSIG,
        DnsType::Dnskey => RecordType::DNSKEY,
    }
}
