//! From one thread to another that waits for descriptors.

use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What two threads share, and a bell: a descriptor that is readable from [`ring`](Post::ring) to [`hear`](Post::hear).
#[derive(Debug)]
pub(crate) struct Post<T> {
    shared: Mutex<T>,
    bell: OwnedFd,
}

impl<T> Post<T> {
    /// # Errors
    /// When there is no descriptor to be had.
    pub(crate) fn new(shared: T) -> io::Result<Post<T>> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Post { shared: Mutex::new(shared), bell })
    }

    /// To be held for a few instructions only: what takes long is done outside.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes who waits for it.
    pub(crate) fn ring(&self) {
        // It can only fail when the counter is full, and then it rings already.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }

    /// Stops the bell. What was shared before it rang is seen after this.
    pub(crate) fn hear(&self) {
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.bell, &mut count);
    }
}

impl<T> AsFd for Post<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::sync::Arc;

    fn rings<T>(post: &Post<T>) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(post, PollFlags::IN)], Some(&now)).unwrap() == 1
    }

    #[test]
    fn it_rings_until_it_is_heard() {
        let post = Arc::new(Post::new(0).unwrap());
        post.hear();
        assert!(!rings(&post));
        let other = Arc::clone(&post);
        std::thread::spawn(move || {
            *other.lock() += 7;
            other.ring();
            other.ring();
        })
        .join()
        .unwrap();
        assert!(rings(&post));
        post.hear();
        assert_eq!((rings(&post), *post.lock()), (false, 7));
    }
}
