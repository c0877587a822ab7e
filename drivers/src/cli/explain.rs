//! `keepalived explain`

use keepalived_core::config::{codes, keywords};
use std::io::Write;
use std::process::ExitCode;

/// Explains a code or a keyword, or lists the codes.
pub(super) fn explain(word: Option<&str>) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let Some(word) = word else {
        let _ = out.write_all(codes::list().as_bytes());
        return ExitCode::SUCCESS;
    };
    // As it is copied from a terminal.
    let word = word.trim_matches(|c: char| "[]`'\"".contains(c));
    let word = word.strip_prefix("error[").or_else(|| word.strip_prefix("warning[")).unwrap_or(word);
    let keywords = keywords::describe::explanation(word);
    match (codes::find(word), keywords) {
        (None, None) => {
            eprintln!("keepalived: there is no code and no keyword `{word}`");
            match (codes::nearest(word), keywords::describe::nearest(word)) {
                (Some(code), None) => eprintln!("did you mean `{}`?", code.name),
                (None, Some(keyword)) => eprintln!("did you mean the keyword `{keyword}`?"),
                (Some(code), Some(keyword)) => {
                    eprintln!("did you mean the code `{}` or the keyword `{keyword}`?", code.name);
                }
                (None, None) => eprintln!("`keepalived explain` lists all codes"),
            }
            ExitCode::FAILURE
        }
        (code, keyword) => {
            let texts = [code.map(codes::Code::explanation), keyword];
            let text = texts.into_iter().flatten().collect::<Vec<_>>().join("\n");
            // Nobody reads any further (`| head`).
            let _ = out.write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
    }
}
