//! Network namespaces that clean up after themselves.

use netns_rs::{Env, NetNs, get_from_current_thread};
use std::fs::File;
use std::path::PathBuf;

/// Where `ip netns` looks; private to the sandbox.
#[derive(Clone, Copy, Debug)]
struct RunNetns;

impl Env for RunNetns {
    fn persist_dir(&self) -> PathBuf {
        PathBuf::from("/run/netns")
    }
}

/// A network namespace with a name. Removed when dropped.
///
/// `netns_rs` neither removes a namespace by itself nor goes back after a panic in `run`; this type does both.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    inner: Option<NetNs<RunNetns>>,
}

impl Namespace {
    /// Makes a new one.
    ///
    /// # Panics
    /// When the kernel refuses.
    #[must_use]
    pub fn new(name: &str) -> Namespace {
        let inner = NetNs::new_with_env(name, RunNetns).unwrap_or_else(|e| panic!("network namespace {name}: {e}"));
        Namespace { name: name.to_owned(), inner: Some(inner) }
    }

    /// Its name, as `ip -n` knows it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The open namespace, for `setns`.
    ///
    /// # Panics
    /// Never while the value lives.
    #[must_use]
    pub fn file(&self) -> &File {
        self.inner.as_ref().expect("present until drop").file()
    }

    /// Runs `work` with the calling thread inside, and brings the thread back whatever happens.
    ///
    /// # Panics
    /// When the thread cannot enter; with the panic of `work`.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let home = get_from_current_thread().unwrap_or_else(|e| panic!("own network namespace: {e}"));
        let _back = Back(home);
        self.inner.as_ref().expect("present until drop").enter().unwrap_or_else(|e| panic!("enter {}: {e}", self.name));
        work()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take()
            && let Err(e) = inner.remove()
        {
            eprintln!("network namespace {} stays behind: {e}", self.name);
        }
    }
}

struct Back(NetNs);

impl Drop for Back {
    fn drop(&mut self) {
        if let Err(e) = self.0.enter() {
            // A thread in the wrong namespace would make every later result a lie.
            eprintln!("cannot return to the namespace of origin: {e}");
            std::process::abort();
        }
    }
}
