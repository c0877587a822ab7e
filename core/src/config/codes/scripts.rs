//! Scripts, and who runs them.

use super::{Code, Example};
use crate::config::Severity::Warning;

pub(super) const CODES: &[Code] = &[
    Code {
        name: "script-security",
        usual: Warning,
        title: "scripts are run without a look at who could change them",
        means: "Scripts are configured and `enable_script_security` is not. -t ends with 6, as that of the C version.",
        why: "Whoever can change a script that root runs, or a directory on the way to it, is root. With the keyword such \
              scripts are not run.",
        wrong: Example::Told("A script, and no `enable_script_security` in `global_defs`."),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh\""),
    },
    Code {
        name: "script-insecure",
        usual: Warning,
        title: "somebody else than root could change what root runs",
        means: "A script that root runs, or a directory or link on the way to it, belongs to somebody else or may be written by \
                others. The part that is unsafe is named. With `enable_script_security` the script is not run.",
        why: "Whoever can change it is root as soon as the script runs. Let another user run it (`script_user`), or give the \
              path to root alone.",
        wrong: Example::Told("`notify_master /home/me/up.sh`, which root runs and `me` can change."),
        right: Example::Instance("notify_master \"/home/me/up.sh\" me"),
    },
    Code {
        name: "script-missing",
        usual: Warning,
        title: "a script that is not there",
        means: "The program of a command does not exist, or cannot be looked at, at any part of its path. It is not run.",
        why: "What it should have done does not happen. The C version says so in the log only.",
        wrong: Example::Told("`notify_master /etc/keepalived/upp.sh`, where there is only `up.sh`."),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh\""),
    },
    Code {
        name: "script-search",
        usual: Warning,
        title: "a program that is looked for",
        means: "The program of a command has no full path. It is looked for in PATH, or in `/`, where the daemon works.",
        why: "In another environment it may be another program, or none.",
        wrong: Example::Told("`notify_master up.sh`"),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh\""),
    },
    Code {
        name: "script-unusable",
        usual: Warning,
        title: "a script that its user cannot run",
        means: "The program is no regular file, is not executable, or its user cannot get to it. It is not run.",
        why: "Scripts are run by the user behind the command, or by `script_user`, or by `keepalived_script` where there is \
              such a user, and not by root: a mode of 0700 is often the cause.",
        wrong: Example::Told("`notify_master /root/up.sh keepalived_script`"),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh\" keepalived_script"),
    },
    Code {
        name: "unknown-user",
        usual: Warning,
        title: "nobody of this name can run the script",
        means: "The user or the group that is to run a script is not known on this machine. The script is not run.",
        why: "It is not run by somebody else instead: that could be root.",
        wrong: Example::Told("`notify_master /etc/keepalived/up.sh nobdy`"),
        right: Example::Instance("notify_master \"/etc/keepalived/up.sh\" nobody"),
    },
    Code {
        name: "no-shell",
        usual: Warning,
        title: "a command that only a shell would understand",
        means: "A command contains `;`, `|`, `>` or the like. No shell reads it: the program gets them as words.",
        why: "Only the first program of several is started, with all the rest as its arguments.",
        wrong: Example::Service("protocol TCP\nlvs_sched rr\nlvs_method NAT\nquorum_up \"/bin/a; /bin/b\""),
        right: Example::Service(
            "protocol TCP\nlvs_sched rr\nlvs_method NAT\nquorum_up \"/bin/sh -c '/bin/a; /bin/b'\"",
        ),
    },
];
