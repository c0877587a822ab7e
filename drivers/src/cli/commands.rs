//! The commands: what `keepalived` does instead of running.

use super::genhash::Genhash;
use clap::{ArgAction, Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// What to do instead of running.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Check a configuration and print every mistake with its place
    ///
    /// Ends with 0 when it can be run and 1 when it cannot. Every mistake has a code: `keepalived explain CODE` says more.
    Check {
        /// The file, or - for standard input [default: that of -f, or /etc/keepalived/keepalived.conf]
        file: Option<PathBuf>,
        /// The same, for hands that are used to it.
        #[arg(short = 'f', long = "use-file", value_name = "FILE", conflicts_with = "file", hide = true)]
        named: Option<PathBuf>,
        /// Text for people on standard error, or JSON for machines on standard output (docs/check-json.md)
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        format: Format,
        /// A warning is enough to refuse it
        #[arg(long)]
        strict: bool,
        /// Print every value in force on standard output, and where it comes from: written, inherited or a default
        #[arg(long)]
        explain_defaults: bool,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
    /// Explain a code of a mistake, or a keyword; without a word: list all codes
    Explain {
        /// The code, as it stands in brackets behind `error` or `warning`, or a keyword
        word: Option<String>,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
    /// Print a configuration in its normal form
    ///
    /// Blocks are indented by four spaces, a brace stands where its block begins, words are separated by one space, blank
    /// lines do not come in rows. Nothing else changes: comments, directives and definitions stay, and it means the same.
    Fmt {
        /// The files, or - for standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Change nothing and print nothing; end with 1 when a file is not in its normal form
        #[arg(long, conflicts_with = "write")]
        check: bool,
        /// Write it back into the file
        #[arg(long)]
        write: bool,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
    /// Replay a recording and print its story: 0 everything came out the same, 1 it did not
    Replay {
        /// The recording
        file: PathBuf,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
    /// Print the MD5 sum of a page, for `digest` of HTTP_GET and SSL_GET
    ///
    /// It is computed by the code of the check itself. The same as `genhash` and `keepalived --genhash`.
    Genhash {
        /// What to ask for
        #[command(flatten)]
        options: Genhash,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
    /// Print what makes a shell complete options, commands, codes and keywords
    Completion {
        /// The shell
        shell: Shell,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
    /// Print what is made from the table of keywords
    #[command(hide = true)]
    Generate {
        /// What
        what: Generated,
        /// Print this help.
        #[command(flatten)]
        help: Help,
    },
}

/// Every command has it: the daemon's own is not inherited.
#[derive(Clone, Debug, Args)]
pub struct Help {
    /// Print this help
    #[arg(short = 'h', long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// How mistakes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the lines they are about.
    Text,
    /// One JSON object.
    Json,
}

/// Files of this repository that are made from the table of keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Generated {
    /// keepalived.conf(5).
    Man,
    /// docs/coverage.md.
    Coverage,
    /// core/fuzz/keywords.dict.
    Dictionary,
}
