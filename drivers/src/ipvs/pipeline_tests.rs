use super::*;
use crate::ipvs::fake::{self, Any, Kernel};
use keepalived_core::ipvs::diff::apply;
use keepalived_core::ipvs::{Service, ServiceFlags, ServiceKey, ServiceSettings};
use keepalived_core::net::Family;
use quickcheck::quickcheck;
use std::collections::BTreeMap;

fn open(kernel: &Kernel) -> Ipvs<&Kernel> {
    Ipvs::new(kernel, || ())
}

fn answers(ipvs: &mut Ipvs<&Kernel>) -> Vec<Answer> {
    while ipvs.work() {}
    std::iter::from_fn(|| ipvs.answer()).collect()
}

quickcheck! {
    /// Each command is answered under its id, in order, as the kernel judged it, and a reading sees exactly what came before it.
    fn answers_are_the_kernels(commands: Vec<Any>, readings: Vec<bool>) -> bool {
        let kernel = Kernel::new(Table::default());
        let mut ipvs = open(&kernel);
        let (mut model, mut expected) = (Table::default(), Vec::new());
        for (number, Any(command)) in commands.iter().enumerate() {
            ipvs.command(IpvsId(number as u64), command.clone());
            expected.push(Answer::Done(IpvsId(number as u64), apply(&mut model, command)));
        }
        if readings.len() % 2 == 1 {
            ipvs.read();
            expected.push(Answer::Table(Ok(Box::new(model))));
        }
        answers(&mut ipvs) == expected
    }

    /// When answers are lost, still every command and every reading is answered once.
    fn nothing_is_left_unanswered(commands: Vec<Any>, loses_after: u8) -> bool {
        let kernel = Kernel::new(Table::default());
        kernel.loses_after.set(Some(usize::from(loses_after % 20) + 3));
        let mut ipvs = open(&kernel);
        let count = commands.len();
        for (number, Any(command)) in commands.into_iter().enumerate() {
            ipvs.command(IpvsId(number as u64), command);
            if number % 7 == 3 {
                ipvs.read();
            }
        }
        let all = answers(&mut ipvs);
        let ids: Vec<u64> =
            all.iter().filter_map(|answer| if let Answer::Done(id, _) = answer { Some(id.0) } else { None }).collect();
        let tables = all.len() - ids.len();
        ids == (0..count as u64).collect::<Vec<_>>() && tables == (0..count).filter(|number| number % 7 == 3).count()
    }
}

#[test]
fn many_go_at_a_time_and_not_too_many() {
    let kernel = Kernel::new(Table::default());
    let mut ipvs = open(&kernel);
    for number in 0..1000 {
        ipvs.command(IpvsId(number), IpvsCommand::Flush);
    }
    assert_eq!(answers(&mut ipvs).len(), 1000);
    let sent = kernel.sent.borrow();
    // The first asks for the family.
    assert_eq!((sent[0], sent.len()), (1, 1 + 1000usize.div_ceil(BATCH)));
    assert!(sent.iter().all(|count| *count <= BATCH));
    assert_eq!(kernel.dumps_at_once.get(), 0);
}

#[test]
fn without_ipvs_that_is_the_answer_until_it_is_there() {
    let kernel = Kernel::default();
    let mut ipvs = open(&kernel);
    ipvs.read();
    ipvs.command(IpvsId(1), IpvsCommand::Flush);
    let no = Errno::EPROTONOSUPPORT;
    assert_eq!(ipvs.probe(), Err(no));
    assert_eq!(answers(&mut ipvs), [Answer::Table(Err(no)), Answer::Done(IpvsId(1), Err(no))]);
    kernel.there.set(true);
    assert_eq!(ipvs.probe(), Ok(()));
    ipvs.read();
    assert_eq!(answers(&mut ipvs), [Answer::Table(Ok(Box::default()))]);
}

#[test]
fn the_family_is_found_in_what_the_kernel_said() {
    let bytes: Vec<u8> = include_str!("fixtures/family.hex").bytes().filter(u8::is_ascii_hexdigit).collect();
    let digit = |byte: u8| (byte as char).to_digit(16).expect("a digit") as u8;
    let bytes: Vec<u8> = bytes.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    let sequence = messages(&bytes).next().expect("a message").sequence;
    struct Recorded(Vec<u8>, std::cell::Cell<bool>);
    impl Channel for Recorded {
        fn send(&self, request: &[u8]) -> io::Result<()> {
            let mut all = messages(request);
            assert!(
                all.next().is_some_and(|message| message.kind == libc::GENL_ID_CTRL as u16) && all.next().is_none()
            );
            Ok(())
        }
        fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.1.replace(true) {
                return Err(ErrorKind::WouldBlock.into());
            }
            buffer[..self.0.len()].copy_from_slice(&self.0);
            Ok(self.0.len())
        }
    }
    let channel = Recorded(bytes, std::cell::Cell::new(false));
    assert_eq!(family::resolve(&channel, sequence, &mut [0; 1024]), Ok(32));
}

/// A table of so many services.
fn services(count: u8) -> Table {
    let mut table = Table::default();
    for number in 1..=count {
        let key = ServiceKey::Mark { family: Family::V4, mark: number.into() };
        let settings = ServiceSettings {
            scheduler: "rr".to_owned(),
            flags: ServiceFlags(0),
            timeout: 0,
            netmask: u32::MAX,
            engine: None,
        };
        table.services.insert(key, Service { settings, destinations: BTreeMap::new() });
    }
    table
}

#[test]
fn after_a_reading_that_broke_off_the_next_one_succeeds() {
    let table = services(20);
    let kernel = Kernel::new(table.clone());
    let mut ipvs = open(&kernel);
    // The family is known.
    ipvs.read();
    answers(&mut ipvs);
    for after in 0..40 {
        kernel.breaks_after.set(Some(after));
        ipvs.read();
        ipvs.read();
        let all = answers(&mut ipvs);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1], Answer::Table(Ok(Box::new(table.clone()))), "broken off after {after}");
    }
    assert_eq!(kernel.dumps_at_once.get(), 0);
}

#[test]
fn a_dump_that_somebody_began_is_read_to_its_end() {
    let table = services(3);
    let kernel = Kernel::new(table.clone());
    let mut ipvs = open(&kernel);
    // The family is known.
    ipvs.read();
    answers(&mut ipvs);
    ipvs.request.clear();
    encode::dump_services(&mut ipvs.request, fake::FAMILY, u32::MAX);
    (&kernel).send(&ipvs.request).unwrap();
    ipvs.read();
    assert_eq!(answers(&mut ipvs), [Answer::Table(Ok(Box::new(table)))]);
    assert_eq!(kernel.dumps_at_once.get(), 1);
}

#[test]
fn a_kernel_that_says_nothing_is_not_waited_for_for_ever() {
    struct Silent;
    impl Channel for Silent {
        fn send(&self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }
        fn receive(&self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }
    }
    let mut ipvs = Ipvs::new(Silent, || ());
    ipvs.family = Some(fake::FAMILY);
    ipvs.read();
    ipvs.command(IpvsId(1), IpvsCommand::Flush);
    assert!(!ipvs.work());
    assert_eq!((ipvs.answer(), ipvs.deadline().is_some()), (None, true));
    ipvs.silence = Duration::ZERO;
    while ipvs.work() {}
    let all: Vec<_> = std::iter::from_fn(|| ipvs.answer()).collect();
    assert_eq!(all, [Answer::Done(IpvsId(1), Err(Errno::ETIMEDOUT)), Answer::Table(Err(Errno::ETIMEDOUT))]);
    assert_eq!(ipvs.deadline(), None);
}

#[test]
fn the_module_is_looked_for_once() {
    static LOOKED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let kernel = Kernel::default();
    let mut ipvs = Ipvs::new(&kernel, || {
        LOOKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    for _ in 0..5 {
        ipvs.read();
        assert_eq!(answers(&mut ipvs), [Answer::Table(Err(Errno::EPROTONOSUPPORT))]);
    }
    assert_eq!(LOOKED.load(std::sync::atomic::Ordering::Relaxed), 1);
}
