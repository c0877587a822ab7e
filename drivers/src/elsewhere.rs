//! What takes long and nobody waits for.

/// Drops something in a thread of its own: a configuration of a hundred thousand parts is not freed between two adverts.
pub(crate) fn drop_elsewhere<T: Send + 'static>(thing: T) {
    // Without a thread it is dropped here.
    let _ = std::thread::Builder::new().name("dropping".to_owned()).spawn(move || drop(thing));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};
    use std::thread::{self, ThreadId};

    struct Dropped(Sender<ThreadId>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).unwrap();
        }
    }

    #[test]
    fn it_is_dropped_and_not_here() {
        let (tell, told) = channel();
        drop_elsewhere(Dropped(tell));
        assert_ne!(told.recv().unwrap(), thread::current().id());
    }
}
