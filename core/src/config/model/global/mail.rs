//! Mails about what happens.

use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What is mailed, to whom and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// `notification_email`: who gets mails.
    pub to: Vec<String>,
    /// `notification_email_from`
    pub from: Option<String>,
    /// `smtp_server`
    pub server: Option<MailServer>,
    /// `smtp_helo_name`: how the server is greeted; `None`: the machine's name.
    pub helo: Option<String>,
    /// `smtp_connect_timeout`
    pub timeout: Duration,
    /// `smtp_alert`: whether anything is mailed that does not say so itself.
    pub alert: Option<bool>,
    /// `smtp_alert_vrrp`: the same for instances and groups.
    pub alert_vrrp: Option<bool>,
    /// `smtp_alert_checker`: the same for real servers.
    pub alert_checker: Option<bool>,
    /// `no_email_faults`: no mail about FAULT.
    pub no_faults: bool,
    /// `no_checker_emails`: no mail about real servers by default.
    pub no_checkers: bool,
}

impl Default for Mail {
    fn default() -> Self {
        Mail {
            to: Vec::new(),
            from: None,
            server: None,
            helo: None,
            timeout: Duration::from_secs(30),
            alert: None,
            alert_vrrp: None,
            alert_checker: None,
            no_faults: false,
            no_checkers: false,
        }
    }
}

impl Mail {
    /// Whether changes of an instance or group that says nothing itself are mailed.
    #[must_use]
    pub fn alerts_vrrp(&self) -> bool {
        self.alert_vrrp.or(self.alert).unwrap_or(false)
    }
}

/// `smtp_server`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port, 25 by default.
    pub port: u16,
}
