//! Inside `vrrp_script`, `vrrp_track_process`, `track_file` and `garp_group`.

use super::{Arg, FILE, GARP_GROUP, Keyword, PROCESS, Path, SCRIPT, VRRP_FILE, keyword};

const WEIGHT: Arg = Arg::Form("WEIGHT [reverse]", 1, 2);
const COUNT: Arg = Arg::Integer(1, i32::MAX as i64);
const DELAY: Arg = Arg::Seconds(1, 3_600_000_000);
const PERIOD: Arg = Arg::Seconds(0, 4_294_000_000);
const PAUSE: Arg = Arg::Seconds(0, u32::MAX as u64);

const fn file(block: Path) -> [Keyword; 3] {
    [
        keyword(block, "file", Arg::Path, "", "the file; the number in it is what is tracked").first_counts(),
        keyword(block, "weight", WEIGHT, "1", "what the number is multiplied by; 0: any number but 0 is a fault")
            .first_counts(),
        keyword(
            block,
            "init_file",
            Arg::Form("[VALUE] [overwrite]", 0, 2),
            "",
            "write the file at the start; `overwrite`: also when it exists",
        ),
    ]
}

pub(super) const FILES: [[Keyword; 3]; 2] = [file(FILE), file(VRRP_FILE)];

pub(super) const KEYWORDS: &[Keyword] = &[
    keyword(SCRIPT, "script", Arg::Script, "", "the program; it succeeds by ending with status 0"),
    keyword(SCRIPT, "interval", PERIOD, "1", "seconds from one start to the next"),
    keyword(SCRIPT, "timeout", PERIOD, "interval", "seconds after which the script is killed and has failed"),
    keyword(
        SCRIPT,
        "weight",
        WEIGHT,
        "0",
        "added to the priority on success, or (negative) on failure; 0: its failure is a fault",
    ),
    keyword(SCRIPT, "rise", COUNT, "1", "so many successes in a row make it succeed"),
    keyword(SCRIPT, "fall", COUNT, "1", "so many failures in a row make it fail"),
    keyword(SCRIPT, "user", Arg::User, "script_user", "who runs the script"),
    keyword(SCRIPT, "init_fail", Arg::Flag, "off", "the script has failed until it succeeds"),
    keyword(
        PROCESS,
        "process",
        Arg::Form("PROGRAM [ARGUMENT ...]", 1, 64),
        "",
        "the program, and the arguments that it must have",
    )
    .first_counts(),
    keyword(
        PROCESS,
        "param_match",
        Arg::Optional(&Arg::Choice(&["initial", "partial"])),
        "exact, if there are arguments",
        "arguments must be these; `initial`: begin with these; `partial`: the last one only has to begin so",
    ),
    keyword(PROCESS, "weight", WEIGHT, "0", "added to the priority while enough run; 0: too few are a fault")
        .first_counts(),
    keyword(PROCESS, "quorum", Arg::Integer(1, 65_535), "1", "so many processes are enough"),
    keyword(PROCESS, "quorum_max", Arg::Integer(0, 65_535), "", "more processes are too many; 0: none may run"),
    keyword(PROCESS, "delay", DELAY, "0", "terminate_delay and fork_delay together, in seconds"),
    keyword(PROCESS, "terminate_delay", DELAY, "0", "seconds for which a process that ended still counts"),
    keyword(PROCESS, "fork_delay", DELAY, "0", "seconds after which a new process counts"),
    keyword(PROCESS, "full_command", Arg::Flag, "off", "compare the whole path, not 15 bytes of the program's name"),
    keyword(GARP_GROUP, "garp_interval", PAUSE, "", "least seconds between two ARP announcements on the interfaces"),
    keyword(GARP_GROUP, "gna_interval", PAUSE, "", "least seconds between two neighbour advertisements on them"),
    keyword(GARP_GROUP, "interface", Arg::Interface, "", "an interface of the group").many(),
    keyword(GARP_GROUP, "interfaces", Arg::Names, "", "the interfaces of the group"),
];
