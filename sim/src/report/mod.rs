//! What a run looked like: every packet as a capture, and a timeline of words.

mod capture;

use core::net::IpAddr;
use keepalived_core::Time;
use keepalived_core::net::MacAddr;
use keepalived_core::vrrp::Transmit;
use std::io::{self, Write};

/// Everything that was seen.
#[derive(Debug)]
pub struct Recorder {
    segments: usize,
    frames: Vec<(Time, usize, Vec<u8>)>,
    lines: Vec<(Time, String)>,
}

impl Recorder {
    /// An empty one.
    #[must_use]
    pub const fn new(segments: usize) -> Recorder {
        Recorder { segments, frames: Vec::new(), lines: Vec::new() }
    }

    /// A frame on a segment.
    pub fn frame(&mut self, at: Time, segment: usize, frame: Vec<u8>) {
        self.frames.push((at, segment, frame));
    }

    /// An IP packet of protocol 112 on a segment; from a stranger where there is no `source` hardware address.
    pub fn packet(&mut self, at: Time, segment: usize, source: Option<MacAddr>, transmit: &Transmit) {
        if let Some(frame) = capture::ethernet(source, transmit) {
            self.frames.push((at, segment, frame));
        }
        let (from, to) = (transmit.source, transmit.destination);
        let payload = &transmit.payload;
        let text = match payload.get(..4) {
            Some([kind, vrid, priority, _]) => format!("v{} vrid {vrid} priority {priority}", kind >> 4),
            _ => "too short".to_owned(),
        };
        self.line(at, format!("segment {segment}: {from} > {to} {text}"));
    }

    /// A line of the timeline.
    pub fn line(&mut self, at: Time, text: String) {
        self.lines.push((at, text));
    }

    /// All frames: time, segment and bytes.
    #[must_use]
    pub fn frames(&self) -> &[(Time, usize, Vec<u8>)] {
        &self.frames
    }

    /// Writes the timeline.
    ///
    /// # Errors
    /// What the writer says.
    pub fn timeline(&self, mut to: impl Write) -> io::Result<()> {
        self.lines.iter().try_for_each(|(at, text)| writeln!(to, "{at} {text}"))
    }

    /// Writes a pcapng with one interface for each segment and times in nanoseconds.
    ///
    /// # Errors
    /// What the writer says.
    pub fn pcapng(&self, to: impl Write) -> io::Result<()> {
        capture::write(to, self.segments, &self.frames)
    }
}

/// The address that a gratuitous ARP or an unsolicited neighbour advertisement announces.
#[must_use]
pub fn announced_address(frame: &[u8]) -> Option<IpAddr> {
    match frame.get(12..14)? {
        [0x08, 0x06] if frame.len() >= 42 => {
            let ip: [u8; 4] = frame[28..32].try_into().ok()?;
            (frame[38..42] == ip).then(|| IpAddr::from(ip))
        }
        [0x86, 0xdd] if frame.len() >= 78 && frame[20] == 58 && frame[54] == 136 => {
            let ip: [u8; 16] = frame[62..78].try_into().ok()?;
            Some(IpAddr::from(ip))
        }
        _ => None,
    }
}
