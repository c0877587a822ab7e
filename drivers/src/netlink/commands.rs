//! Kernel commands: sent in batches without waiting, answered by number.

use super::socket::RouteSocket;
use super::{Peers, decode, encode};
use crate::net::errno;
use keepalived_core::Time;
use keepalived_core::kernel::{CommandId, Errno, KernelCommand};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

/// A command without an answer for this long has failed with `ETIMEDOUT`.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Commands in one flush: the kernel carries them out while we wait, and adverts must not wait for long.
const BATCH: usize = 64;

/// Commands without an answer. Their answers must find room in [`RECEIVE_BUFFER`].
const IN_FLIGHT: usize = 256;

/// Commands that wait to be sent. Those beyond fail with `ENOBUFS`.
const QUEUE: usize = 16 * 1024;

/// Room for the answers, each of less than a kilobyte with the kernel's own overhead.
const RECEIVE_BUFFER: usize = 1024 * 1024;

/// The commands on their way to the kernel and back.
#[derive(Debug)]
pub(crate) struct Commands {
    socket: RouteSocket,
    waiting: VecDeque<KernelCommand>,
    /// By sequence number, which grows with the time.
    in_flight: BTreeMap<u32, (CommandId, Time)>,
    done: VecDeque<Done>,
    sequence: u32,
    request: Vec<u8>,
    /// Answers that [`answer`](Self::answer) may still give for the last flush.
    answers: usize,
}

/// How a command went.
pub(crate) type Done = (CommandId, Result<(), Errno>);

impl Commands {
    /// Needs a runtime with I/O.
    pub(crate) fn open() -> io::Result<Commands> {
        let socket = RouteSocket::open(RECEIVE_BUFFER, &[])?;
        socket.short_replies()?;
        Ok(Commands {
            socket,
            waiting: VecDeque::new(),
            in_flight: BTreeMap::new(),
            done: VecDeque::new(),
            sequence: 0,
            request: Vec::new(),
            answers: 0,
        })
    }

    /// Queues a command.
    pub(crate) fn push(&mut self, command: KernelCommand) {
        if self.waiting.len() < QUEUE {
            self.waiting.push_back(command);
        } else {
            self.done.push_back((command.id, Err(Errno::ENOBUFS)));
        }
    }

    /// Sends a batch of what is queued, in order.
    pub(crate) fn flush(&mut self, now: Time, peers: &Peers) {
        let room = BATCH.min(IN_FLIGHT.saturating_sub(self.in_flight.len())).min(self.waiting.len());
        self.answers = room;
        if room == 0 {
            return;
        }
        self.request.clear();
        let first = self.sequence.wrapping_add(1);
        for command in self.waiting.drain(..room) {
            self.sequence = self.sequence.wrapping_add(1);
            encode::command(&mut self.request, self.sequence, &command.op, peers);
            self.in_flight.insert(self.sequence, (command.id, now + TIMEOUT));
        }
        if let Err(error) = self.socket.send(&self.request) {
            for sequence in (0..).take(room).map(|i| first.wrapping_add(i)) {
                if let Some((id, _)) = self.in_flight.remove(&sequence) {
                    self.done.push_back((id, Err(errno(&error))));
                }
            }
        }
    }

    /// Whether something can be done without waiting for the kernel.
    pub(crate) fn has_work(&self) -> bool {
        !self.done.is_empty() || (!self.waiting.is_empty() && self.in_flight.len() < IN_FLIGHT)
    }

    /// When the oldest command times out.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.in_flight.first_key_value().map(|(_, &(_, deadline))| deadline)
    }

    /// A result of the last flush, as far as the kernel has given it at once.
    pub(crate) fn answer(&mut self) -> Option<Done> {
        self.answers = self.answers.checked_sub(1)?;
        self.read(RouteSocket::receive_at_once);
        self.done.pop_front()
    }

    /// The next result that is there.
    pub(crate) fn take(&mut self, now: Time) -> Option<Done> {
        if let Some(done) = self.done.pop_front() {
            return Some(done);
        }
        self.read(RouteSocket::receive);
        if let Some(done) = self.done.pop_front() {
            return Some(done);
        }
        let oldest = self.in_flight.first_entry()?;
        (oldest.get().1 <= now).then(|| (oldest.remove().0, Err(Errno::ETIMEDOUT)))
    }

    /// Reads answers until there is one of ours, or nothing more. Lost answers end as time-outs.
    fn read(&mut self, receive: impl Fn(&mut RouteSocket) -> io::Result<&[u8]>) {
        while self.done.is_empty() {
            match receive(&mut self.socket) {
                Ok(datagram) => {
                    for message in decode::messages(datagram).filter(|message| message.kind == decode::NLMSG_ERROR) {
                        if let Some((id, _)) = self.in_flight.remove(&message.sequence) {
                            self.done.push_back((id, result(decode::error_code(message.payload))));
                        }
                    }
                }
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
                Err(_) => return,
            }
        }
    }

    /// Ready when [`take`](Self::take) may have something that has just arrived.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_readable(cx)
    }
}

fn result(code: i32) -> Result<(), Errno> {
    if code == 0 { Ok(()) } else { Err(Errno(code)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::kernel::KernelOp;
    use keepalived_core::net::IfIndex;

    const NOW: Time = Time::from_secs(1);

    /// An interface that does not exist: the kernel refuses at once, or before that for want of the right.
    fn command(id: u64) -> KernelCommand {
        let op = KernelOp::DeleteAddress { index: IfIndex(i32::MAX as u32), ip: [127, 0, 0, 9].into(), prefix: 32 };
        KernelCommand { id: CommandId(id), op }
    }

    fn within_a_runtime(body: impl FnOnce(Commands)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _guard = runtime.enter();
        body(Commands::open().unwrap());
    }

    #[test]
    fn a_command_without_an_answer_times_out_once() {
        within_a_runtime(|mut commands| {
            commands.in_flight.insert(7, (CommandId(70), NOW + TIMEOUT));
            assert_eq!(commands.deadline(), Some(NOW + TIMEOUT));
            assert_eq!(commands.take(NOW), None);
            assert_eq!(commands.take(NOW + TIMEOUT), Some((CommandId(70), Err(Errno::ETIMEDOUT))));
            assert_eq!(commands.take(NOW + TIMEOUT), None);
            assert_eq!(commands.deadline(), None);
        });
    }

    #[test]
    fn the_kernels_answer_is_there_when_the_command_is_sent() {
        within_a_runtime(|mut commands| {
            commands.push(command(1));
            commands.push(command(2));
            commands.flush(NOW, &Peers::new());
            let answers = [commands.answer(), commands.answer(), commands.answer()];
            assert_eq!(answers.map(|done| done.map(|(id, _)| id.0)), [Some(1), Some(2), None]);
            assert!(commands.in_flight.is_empty());
        });
    }

    #[test]
    fn the_queue_has_a_bound() {
        within_a_runtime(|mut commands| {
            for id in 0..=QUEUE as u64 {
                commands.push(command(id));
            }
            assert_eq!(commands.take(NOW), Some((CommandId(QUEUE as u64), Err(Errno::ENOBUFS))));
            assert_eq!(commands.take(NOW), None);
            assert_eq!(commands.waiting.len(), QUEUE);
            // Unanswered commands have one too, and batches.
            commands.flush(NOW, &Peers::new());
            assert_eq!(commands.in_flight.len(), BATCH);
            for _ in 0..100 {
                commands.flush(NOW, &Peers::new());
            }
            assert_eq!(commands.in_flight.len(), IN_FLIGHT);
            assert!(!commands.has_work(), "it waits for answers");
        });
    }
}
