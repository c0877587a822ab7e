//! Whether the scripts of a configuration can and may run, before the first of them has to.

use super::security::{Verdict, check};
use super::user::resolve;
use keepalived_core::config::model::{Config, NotifyScripts, Script};

/// Something to say of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub text: String,
    /// Somebody else than root could change what runs with root's rights.
    pub insecure: bool,
}

/// Looks at every script. Those that cannot run, and with `enable_script_security` those that are not secure, are taken out.
pub fn check_scripts(config: &mut Config) -> Vec<Finding> {
    let global = config.global.script_user.clone();
    let enforced = config.global.script_security;
    let mut findings = Vec::new();
    let instances = config.instances.iter_mut().map(|instance| (&instance.name, &mut instance.notify));
    let groups = config.sync_groups.iter_mut().map(|group| (&group.name, &mut group.notify));
    for (owner, scripts) in instances.chain(groups) {
        for (keyword, slot) in all(scripts) {
            let Some(script) = slot else { continue };
            let (problem, insecure) = match problem(script, global.as_ref()) {
                None => continue,
                Some(problem) => problem,
            };
            let program = script.argv.first().map_or("", String::as_str);
            let text = if insecure && !enforced {
                format!(
                    "({owner}) {keyword} {program} runs with root's rights, but {problem} (enable_script_security would forbid it)"
                )
            } else {
                *slot = None;
                format!("({owner}) {keyword} will not be run: {problem}")
            };
            findings.push(Finding { text, insecure });
        }
    }
    findings
}

fn problem(script: &Script, global: Option<&keepalived_core::config::model::Credentials>) -> Option<(String, bool)> {
    let identity = match resolve(script.user.as_ref(), global) {
        Ok(identity) => identity,
        Err(reason) => return Some((reason, false)),
    };
    match check(script.argv.first()?, &identity) {
        Verdict::Fine => None,
        Verdict::Unusable(reason) => Some((reason, false)),
        Verdict::Insecure(reason) => Some((reason, true)),
    }
}

fn all(scripts: &mut NotifyScripts) -> [(&'static str, &mut Option<Script>); 7] {
    let NotifyScripts { master, backup, fault, stop, any, deleted, master_rx_lower_pri } = scripts;
    [
        ("notify_master", master),
        ("notify_backup", backup),
        ("notify_fault", fault),
        ("notify_stop", stop),
        ("notify", any),
        ("notify_deleted", deleted),
        ("notify_master_rx_lower_pri", master_rx_lower_pri),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepalived_core::config::{Source, parse};

    fn config(security: &str, script: &str) -> Config {
        let text = format!(
            "global_defs {{\n {security}\n script_user root\n}}\nvrrp_instance VI_1 {{\n interface lo1\n virtual_router_id 1\n \
             virtual_ipaddress {{\n 10.0.0.1\n }}\n notify_master \"{script} now\"\n notify_stop \"/bin/true\"\n}}\n"
        );
        let parsed = parse(&Source::single("test", text));
        assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
        parsed.config
    }

    #[test]
    fn what_cannot_run_is_taken_out() {
        let mut config = config("", "/no/such/script");
        let findings = check_scripts(&mut config);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].text.starts_with("(VI_1) notify_master will not be run: /no/such/script"), "{findings:?}");
        assert!(config.instances[0].notify.master.is_none());
        assert!(config.instances[0].notify.stop.is_some());
    }

    #[test]
    fn what_is_insecure_is_told_and_with_security_taken_out() {
        if !nix::unistd::Uid::effective().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("script");
        std::fs::copy("/bin/true", &path).unwrap();
        std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        for (security, kept) in [("", true), ("enable_script_security", false)] {
            let mut config = config(security, path.to_str().unwrap());
            let findings = check_scripts(&mut config);
            assert!(findings[0].insecure && findings[0].text.contains("65534"), "{findings:?}");
            assert_eq!(config.instances[0].notify.master.is_some(), kept);
        }
    }
}
