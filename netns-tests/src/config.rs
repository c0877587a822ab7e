//! `keepalived.conf` in a few words.

use std::time::Duration;

/// One `vrrp_instance`. Defaults: version 3, adverts every 0.3 s, `eth0`, BACKUP, priority 100, and few repeated announcements.
#[derive(Clone, Debug)]
pub struct Instance {
    name: String,
    version: u8,
    vrid: u8,
    priority: u8,
    centis: u32,
    interface: String,
    vips: Vec<String>,
    lines: Vec<String>,
}

impl Instance {
    /// `vrrp_instance VI_<vrid>`.
    #[must_use]
    pub fn new(vrid: u8) -> Instance {
        Instance {
            name: format!("VI_{vrid}"),
            version: 3,
            vrid,
            priority: 100,
            centis: 30,
            interface: "eth0".into(),
            vips: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Instance {
        self.name = name.into();
        self
    }

    /// `version 2` with adverts every second.
    #[must_use]
    pub fn v2(mut self) -> Instance {
        (self.version, self.centis) = (2, 100);
        self
    }

    /// `priority`.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Instance {
        self.priority = priority;
        self
    }

    /// `advert_int`, in hundredths of a second.
    #[must_use]
    pub fn centis(mut self, centis: u32) -> Instance {
        self.centis = centis;
        self
    }

    /// `interface`.
    #[must_use]
    pub fn interface(mut self, name: &str) -> Instance {
        self.interface = name.into();
        self
    }

    /// One more line in `virtual_ipaddress`.
    #[must_use]
    pub fn vip(mut self, line: &str) -> Instance {
        self.vips.push(line.into());
        self
    }

    /// One more line (or block) of its own.
    #[must_use]
    pub fn line(mut self, line: &str) -> Instance {
        self.lines.push(line.into());
        self
    }

    /// `unicast_src_ip` and `unicast_peer`.
    #[must_use]
    pub fn unicast(self, from: &str, peers: &[&str]) -> Instance {
        self.line(&format!("unicast_src_ip {from}\n    unicast_peer {{\n        {}\n    }}", peers.join("\n        ")))
    }

    /// `authentication` with PASS.
    #[must_use]
    pub fn pass(self, password: &str) -> Instance {
        self.line(&format!("authentication {{\n        auth_type PASS\n        auth_pass {password}\n    }}"))
    }

    /// The interval between two adverts.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_millis(u64::from(self.centis) * 10)
    }

    /// RFC 9568 section 6.1 (version 2: RFC 3768 section 6.1, a fraction of one second).
    #[must_use]
    pub fn skew(&self) -> Duration {
        let base = if self.version == 2 { Duration::from_secs(1) } else { self.interval() };
        base * (256 - u32::from(self.priority)) / 256
    }

    /// How long this router waits for a silent master.
    #[must_use]
    pub fn master_down(&self) -> Duration {
        3 * self.interval() + self.skew()
    }

    /// The block.
    #[must_use]
    pub fn block(&self) -> String {
        let Instance { name, version, vrid, priority, centis, interface, vips, lines } = self;
        let (whole, part) = (centis / 100, centis % 100);
        let extra: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        let vips = vips.join("\n        ");
        format!(
            "vrrp_instance {name} {{\n    state BACKUP\n    version {version}\n    interface {interface}\n    \
             virtual_router_id {vrid}\n    priority {priority}\n    advert_int {whole}.{part:02}\n{extra}    \
             virtual_ipaddress {{\n        {vips}\n    }}\n}}\n"
        )
    }

    /// A whole file with this instance.
    #[must_use]
    pub fn config(&self) -> String {
        file("", &[self])
    }
}

/// A whole file: `global` goes into `global_defs`.
#[must_use]
pub fn file(global: &str, instances: &[&Instance]) -> String {
    let blocks: String = instances.iter().map(|i| i.block()).collect();
    format!(
        "global_defs {{\n    router_id test\n    vrrp_garp_master_delay 1\n    script_user root\n    {global}\n}}\n{blocks}"
    )
}
