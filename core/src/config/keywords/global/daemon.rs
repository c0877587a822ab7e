//! The daemon, its scripts and its configuration.

use super::row;
use crate::config::keywords::{Arg, Keyword};

const ONCE: &str = "nothing is run at the start and the stop";
const FIFO: &str = "nothing is written to a FIFO or run for it";
const SERVERS_ONLY: &str = "only changes of servers are told, not those of instances";
const RELOAD: &str = "a reload is asked for by a signal, and a configuration with mistakes changes nothing";
const FIFO_FORM: Arg = Arg::Form("PATH [USER [GROUP]]", 1, 3);

pub(super) const KEYWORDS: &[Keyword] = &[
    row("router_id", Arg::Word, "the host's name", "the machine's name in mails and traps"),
    row("script_user", Arg::User, "keepalived_script, or root", "who runs scripts that name nobody themselves"),
    row("enable_script_security", Arg::Flag, "off", "a script that root runs is run only if nobody else can change it"),
    row("set_supplementary_groups", Arg::Switch, "off", "scripts run with all groups of their user"),
    row("use_symlink_paths", Arg::Switch, "off", "scripts are called by the path that is written, links included")
        .no_effect("they always are, and every link on the way is looked at"),
    row("startup_script", Arg::Script, "", "run once before anything else is done").not_yet(ONCE),
    row("startup_script_timeout", Arg::WholeSeconds(1, 1000), "10", "seconds that startup_script may take")
        .not_yet(ONCE),
    row("shutdown_script", Arg::Script, "", "run once after everything else is done").not_yet(ONCE),
    row("shutdown_script_timeout", Arg::WholeSeconds(1, 1000), "10", "seconds that shutdown_script may take")
        .not_yet(ONCE),
    row("notify_fifo", FIFO_FORM, "", "a FIFO that is told of every change").first_counts().in_part(SERVERS_ONLY),
    row("notify_fifo_script", Arg::Script, "", "started to read notify_fifo, whose path is its last argument")
        .in_part(SERVERS_ONLY),
    row("vrrp_notify_fifo", FIFO_FORM, "", "a FIFO that is told of changes of instances and groups")
        .first_counts()
        .not_yet(FIFO),
    row("vrrp_notify_fifo_script", Arg::Script, "", "started to read vrrp_notify_fifo").not_yet(FIFO),
    row("lvs_notify_fifo", FIFO_FORM, "", "a FIFO that is told of changes of servers").first_counts(),
    row("lvs_notify_fifo_script", Arg::Script, "", "started to read lvs_notify_fifo"),
    row("fifo_write_vrrp_states_on_reload", Arg::Flag, "off", "a reload tells the FIFOs all states again")
        .not_yet(FIFO),
    row(
        "umask",
        Arg::Form("OCTAL | 0xHEX | IRUSR|IWGRP|...", 1, usize::MAX),
        "0177",
        "permissions that files of the daemon do not get",
    )
    .not_yet("files are made with the permissions that the command line says"),
    row("random_seed", Arg::Integer(0, u32::MAX as i64), "the time", "the seed of `${_RANDOM}`"),
    row(
        "include_check",
        Arg::Words(0, 8),
        "off",
        "which includes must find something: [+|-]read, match, wildcard_match, brace_match; alone: all",
    ),
    row(
        "reload_check_config",
        Arg::Or(&Arg::Path, "/dev/null"),
        "off",
        "a new configuration is tried before a reload; complaints go to this file",
    )
    .not_yet(RELOAD),
    row("reload_time_file", Arg::Path, "", "a file with the time of the next reload").not_yet(RELOAD),
    row("reload_repeat", Arg::Flag, "off", "the time in reload_time_file comes back").not_yet(RELOAD),
    row(
        "reload_file",
        Arg::Or(&Arg::Path, ""),
        "",
        "a file that is removed when a reload is done; alone: one beside the process id file",
    )
    .not_yet(RELOAD),
    row("config_save_dir", Arg::Path, "", "where configurations that work are kept")
        .not_yet("nothing is kept of a configuration"),
    row("tmp_config_directory", Arg::Path, "", "where the configuration is copied to while it is in use")
        .not_yet("the configuration is read where it is"),
];
