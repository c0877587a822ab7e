use super::*;
use quickcheck::{Arbitrary, Gen, quickcheck};

#[derive(Clone, Debug)]
struct Any {
    out: AdvertOut,
    addresses: Vec<IpAddr>,
}

impl Arbitrary for Any {
    fn arbitrary(g: &mut Gen) -> Any {
        let family = if bool::arbitrary(g) { Family::V4 } else { Family::V6 };
        let version = if family == Family::V4 && bool::arbitrary(g) { Version::V2 } else { Version::V3 };
        let ip = |g: &mut Gen| match family {
            Family::V4 => IpAddr::V4(u32::arbitrary(g).into()),
            Family::V6 => IpAddr::V6(u128::arbitrary(g).into()),
        };
        let centis = match version {
            Version::V2 => (u16::arbitrary(g) % 255 + 1) * 100,
            Version::V3 => u16::arbitrary(g) % 4095 + 1,
        };
        let auth = AuthPass(core::array::from_fn(|_| u8::arbitrary(g)));
        let count = usize::arbitrary(g) % 256;
        Any {
            out: AdvertOut {
                version,
                vrid: Vrid::new(u8::arbitrary(g).max(1)).expect("not zero"),
                priority: Priority(u8::arbitrary(g)),
                interval: AdvertInterval::from_centis(centis).expect("not zero"),
                auth: (version == Version::V2 && bool::arbitrary(g)).then_some(auth),
                source: ip(g),
                destination: ip(g),
                style: if bool::arbitrary(g) { ChecksumStyle::Message } else { ChecksumStyle::PseudoHeader },
            },
            addresses: (0..count).map(|_| ip(g)).collect(),
        }
    }
}

quickcheck! {
    /// Law 1: parse(emit(x)) == x.
    fn what_is_emitted_is_parsed(any: Any) -> bool {
        let Any { out, addresses } = any;
        let bytes = out.emit(addresses.iter().copied());
        let advert = Advert::parse(&bytes, Family::of(out.source)).expect("emitted");
        advert.version == out.version
            && advert.vrid == out.vrid
            && advert.priority == out.priority
            && advert.interval == Some(out.interval)
            && advert.auth_type == u8::from(out.auth.is_some())
            && (out.version == Version::V3 || advert.auth == Some(out.auth.unwrap_or(AuthPass([0; 8]))))
            && advert.addresses().eq(addresses.iter().copied())
            && advert.checksum_style(out.source, out.destination).is_some()
    }

    /// The parser is total, and what it lets through is consistent.
    fn any_bytes_are_survived(bytes: Vec<u8>, v6: bool) -> bool {
        let family = if v6 { Family::V6 } else { Family::V4 };
        match Advert::parse(&bytes, family) {
            Ok(advert) => advert.count() == advert.addresses().count() && bytes.len() >= HEADER_LEN,
            Err(_) => true,
        }
    }

    /// A changed bit is noticed by the checksum, or makes another message type, version or length of it.
    fn a_changed_bit_is_noticed(any: Any, at: usize) -> bool {
        let Any { out, addresses } = any;
        let mut bytes = out.emit(addresses.iter().copied());
        let bit = at % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        match Advert::parse(&bytes, Family::of(out.source)) {
            Ok(advert) => match advert.checksum_style(out.source, out.destination) {
                None => true,
                // A bit that turns version 2 into 3 is told by the version; with both styles allowed the sum may then fit.
                Some(style) => advert.version != out.version || style != out.style,
            },
            Err(_) => true,
        }
    }
}

/// What Debian's keepalived 2.2.7 sends, captured with `tcpdump -xx` on the other end of a veth pair: `priority 255`,
/// `virtual_router_id 51`, interval 1 s. Name, source, destination, message, addresses.
const C_VERSION: [(&str, &str, &str, &str, &[&str]); 4] = [
    ("v2 with auth_pass 1234", "10.0.0.1", "224.0.0.18", "2133ff01010166620a000a013132333400000000", &["10.0.10.1"]),
    (
        "v2 without authentication",
        "10.0.0.1",
        "224.0.0.18",
        "2133ff020001b7c50a000a010a000a020000000000000000",
        &["10.0.10.1", "10.0.10.2"],
    ),
    ("v3 over IPv4", "10.0.0.1", "224.0.0.18", "3133ff010064d0d50a000a01", &["10.0.10.1"]),
    (
        "v3 over IPv6",
        "fe80::f81a:14ff:fe79:8389",
        "ff02::12",
        "3133ff02006415c0fe80000000000000000000000000001020010db8000000000000000000000010",
        &["fe80::10", "2001:db8::10"],
    ),
];

#[test]
fn adverts_of_the_c_version_are_read_and_written_alike() {
    for (name, source, destination, message, addresses) in C_VERSION {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let (source, destination, bytes) = (ip(source), ip(destination), hex(message));
        let addresses: Vec<IpAddr> = addresses.iter().map(|a| ip(a)).collect();
        let advert = Advert::parse(&bytes, Family::of(source)).expect(name);
        assert_eq!((advert.vrid.get(), advert.priority), (51, Priority::OWNER), "{name}");
        assert_eq!(advert.interval, Some(AdvertInterval::DEFAULT), "{name}");
        assert!(advert.addresses().eq(addresses.iter().copied()), "{name}");
        let style = advert.checksum_style(source, destination).expect(name);
        let auth = (advert.auth_type == AUTH_PASS).then_some(advert.auth).flatten();
        assert_eq!(auth, name.contains("1234").then_some(AuthPass(*b"1234\0\0\0\0")), "{name}");
        let ours = AdvertOut {
            version: advert.version,
            vrid: advert.vrid,
            priority: advert.priority,
            interval: AdvertInterval::DEFAULT,
            auth,
            source,
            destination,
            style,
        };
        assert_eq!(ours.emit(addresses.iter().copied()), bytes, "{name}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}
