//! The daemon and its tools.

use std::process::ExitCode;

fn main() -> ExitCode {
    keepalived::cli::main()
}
