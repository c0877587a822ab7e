//! The load balancer's rules.

use super::lvs_generate::Balanced;
use super::{codes, read};
use crate::config::{Secrets, print, render};
use quickcheck::quickcheck;

quickcheck! {
    fn what_is_printed_is_read_back(config: Balanced) -> bool {
        let text = print(&config.0, Secrets::Show);
        let (source, parsed) = read(&text);
        let quiet = codes(&parsed).1.iter().all(|code| *code == "not-yet");
        if parsed.config != config.0 || !parsed.is_usable() || !quiet {
            eprintln!("{text}\n{}\n", render(&parsed.diagnostics, &source, false));
            for (a, b) in config.0.lvs.servers.iter().zip(&parsed.config.lvs.servers) {
                if a != b {
                    eprintln!("{a:#?}\n{b:#?}");
                }
            }
        }
        parsed.config == config.0 && parsed.is_usable() && quiet
    }
}
