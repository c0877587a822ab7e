//! Real servers whose blocks are written like others mean what they would mean if they were written otherwise.

use super::read;
use crate::config::render_line;
use quickcheck::{Arbitrary, Gen, QuickCheck};

/// Virtual servers with blocks that are used again, as they are and with something in each that means nothing.
#[derive(Clone, Debug)]
struct Written {
    copied: String,
    apart: String,
}

const OF_VIRTUAL: &[&str] = &[
    "delay_loop 6",
    "lvs_method DR",
    "lvs_method TUN",
    "protocol TCP",
    "protocol UDP",
    "alpha",
    "weight 3",
    "virtualhost a",
    "quorum 9",
    "hysteresis 7",
];

/// Nothing is said about these.
const FINE: &[&str] = &[
    "weight 2",
    "inhibit_on_failure",
    "lvs_method NAT",
    "virtualhost b",
    "alpha off",
    "snmp_name x",
    "TCP_CHECK {\n connect_timeout 3\n    }",
    "TCP_CHECK {\n connect_ip 10.0.9.9\n    }",
    "TCP_CHECK {\n connect_port 81\n    }",
    "TCP_CHECK {\n bindto 10.0.9.7\n    }",
    "PING_CHECK {\n    }",
    "HTTP_GET {\n     url {\n path /\n regex a\n     }\n    }",
    "SSL_GET {\n     url {\n path /\n status_code 200\n     }\n retry 2\n    }",
    "SMTP_CHECK {\n    }",
    "UDP_CHECK {\n payload 00\n    }",
];

/// These are wrong, stand for something elsewhere or remember their place.
const ODD: &[&str] = &[
    "uthreshold 5",
    "lthreshold 9",
    "notify_up /bin/true",
    "mistake 1",
    "weight",
    "TCP_CHECK {\n bind_if lo\n    }",
    "SMTP_CHECK {\n     host {\n connect_ip 10.0.9.8\n     }\n    }",
    "DNS_CHECK {\n name a..b\n    }",
    "MISC_CHECK {\n misc_path /bin/true\n    }",
    "FILE_CHECK {\n track_file nothing\n    }",
];

const ENDPOINTS: &[&str] = &[
    "10.0.1.1 80",
    "10.0.1.2 80",
    "10.0.1.3 0",
    "10.0.1.4",
    "2001:db8::1 80",
    "fe80::1 80",
    "10.0.1.5 81",
    "nowhere 80",
];

impl Arbitrary for Written {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut out = Written { copied: String::new(), apart: String::new() };
        let pick = |g: &mut Gen, of: &[&'static str]| *g.choose(of).unwrap_or(&"");
        for n in 0..2 {
            let service = ["10.0.0.1 80", "fwmark 7", "10.0.0.2 0", "2001:db8::2 80"];
            let head = format!("virtual_server {} {{\n", pick(g, if n == 0 { &service[..2] } else { &service[2..] }));
            let lines: String = (0..u8::arbitrary(g) % 4).map(|_| format!("  {}\n", pick(g, OF_VIRTUAL))).collect();
            let bodies: Vec<String> = (0..1 + u8::arbitrary(g) % 2)
                .map(|_| {
                    let of = |g: &mut Gen| if u8::arbitrary(g) % 8 == 0 { ODD } else { FINE };
                    (0..u8::arbitrary(g) % 4)
                        .map(|_| {
                            format!("    {}\n", {
                                let of = of(g);
                                pick(g, of)
                            })
                        })
                        .collect()
                })
                .collect();
            for text in [&mut out.copied, &mut out.apart] {
                text.push_str(&format!("{head}{lines}"));
            }
            for number in 0..1 + usize::arbitrary(g) % 8 {
                // All places stay the same.
                let blanks = [4, 2, 1].map(|bit| if number & bit == 0 { " " } else { "\t" }).concat();
                let (endpoint, body) = (pick(g, ENDPOINTS), g.choose(&bodies).expect("a body"));
                out.copied.push_str(&format!("  real_server {endpoint} {{   \n{body}  }}\n"));
                out.apart.push_str(&format!("  real_server {endpoint} {{{blanks}\n{body}  }}\n"));
            }
            out.copied.push_str("}\n");
            out.apart.push_str("}\n");
        }
        out
    }
}

/// What is wrong with this text, read with copies and without.
fn difference(written: &Written) -> Option<String> {
    let said = |text: &str| {
        let (source, parsed) = read(text);
        let lines: Vec<String> = parsed.diagnostics.iter().map(|d| render_line(d, &source)).collect();
        (format!("{:#?}", parsed.config), lines)
    };
    let (copied, apart) = (said(&written.copied), said(&written.apart));
    if copied == apart {
        return None;
    }
    let differs = copied.0.lines().zip(apart.0.lines()).find(|(copied, apart)| copied != apart);
    Some(format!("{}\n{:#?}\n{:#?}\n{differs:?}", written.copied, copied.1, apart.1))
}

#[test]
fn copies_mean_the_same() {
    fn holds(written: Written) -> bool {
        assert_eq!(difference(&written), None, "{}", difference(&written).unwrap_or_default());
        true
    }
    QuickCheck::new().tests(1_000).quickcheck(holds as fn(Written) -> bool);
}
