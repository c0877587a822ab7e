//! A queue of packets that leave in batches.

use super::sys::{self, Outgoing};
use keepalived_core::kernel::Errno;
use std::io;
use std::os::fd::BorrowedFd;

/// The error number of an I/O error; `EIO` where it has none.
pub(crate) fn errno(error: &io::Error) -> Errno {
    Errno(error.raw_os_error().unwrap_or(libc::EIO))
}

/// Sends `queue` in order and empties it. What cannot be sent is told to `failed` and skipped: an advert that is late
/// is worse than one that is lost.
pub(super) fn send_all<T>(
    fd: BorrowedFd<'_>,
    queue: &mut Vec<T>,
    message: impl Fn(&T) -> Outgoing<'_>,
    mut failed: impl FnMut(&T, Errno),
) {
    let mut rest = queue.as_slice();
    while let Some((first, others)) = rest.split_first() {
        match sys::send_batch(fd, rest.iter().map(&message)) {
            Ok(0) => rest = others,
            Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                failed(first, errno(&error));
                rest = others;
            }
        }
    }
    queue.clear();
}
