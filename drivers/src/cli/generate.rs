//! What is made from the options and from the table of keywords.

use super::commands::Generated;
use super::options::Options;
use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use keepalived_core::config::{codes, keywords, manual};
use std::io::Write;
use std::process::ExitCode;

/// Completion of options, commands, and the words that `explain` knows.
pub(super) fn completion(shell: Shell) -> ExitCode {
    let mut words: Vec<&str> = codes::all().map(|code| code.name).collect();
    words.extend(keywords::distinct().map(|keyword| keyword.name));
    words.sort_unstable();
    words.dedup();
    // The generator for fish leaves the values of arguments out.
    let fish = match shell {
        Shell::Fish => {
            let condition = "__fish_seen_subcommand_from explain";
            format!("complete -c keepalived -n \"{condition}\" -f -a \"{}\"\n", words.join(" "))
        }
        _ => String::new(),
    };
    let mut command = Options::command().mut_subcommand("explain", |explain| {
        explain.mut_arg("word", |word| word.value_parser(PossibleValuesParser::new(words)))
    });
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "keepalived", &mut text);
    text.extend_from_slice(fish.as_bytes());
    print(&text)
}

/// A file of this repository.
pub(super) fn generate(what: Generated) -> ExitCode {
    let text = match what {
        Generated::Man => manual::page(),
        Generated::Coverage => manual::coverage(),
        Generated::Dictionary => manual::dictionary(),
    };
    print(text.as_bytes())
}

fn print(text: &[u8]) -> ExitCode {
    match std::io::stdout().lock().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("keepalived: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
