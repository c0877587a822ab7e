//! What scripts, FIFOs and the log are told of real servers and quorums: when, and in which order.
#![allow(clippy::expect_used)] // A test says what it expects.

mod director;
use director::*;
use keepalived_core::check::Input;
use keepalived_core::event::lvs::LvsEvent;

const TCP: &str = "TCP_CHECK {\nconnect_timeout 2\nretry 2\ndelay_before_retry 1\nwarmup 0\n}";
const A: &str = "10.1.0.1";
const B: &str = "10.1.0.2";

fn service(service: &str, lines: &str, reals: &[(&str, &str)]) -> String {
    let reals: Vec<String> = reals.iter().map(|(ip, lines)| format!("real_server {ip} 80 {{\n{lines}\n}}\n")).collect();
    format!("virtual_server {service} {{\nlvs_sched wrr\nlvs_method NAT\ndelay_loop 5\n{lines}\n{}}}\n", reals.concat())
}

fn web(lines: &str, reals: &[(&str, &str)]) -> String {
    service("10.0.0.1 80", &format!("protocol TCP\n{lines}"), reals)
}

/// With a FIFO.
fn told(text: &str) -> String {
    format!("global_defs {{\nlvs_notify_fifo /run/f\n}}\n{text}")
}

/// The server's real servers that were told down, as events.
fn down(director: &mut Director) -> usize {
    director.take_events().iter().filter(|event| matches!(event, LvsEvent::Real { up: false, .. })).count()
}

#[test]
fn a_server_that_waits_for_another_check_is_not_told_down() {
    let check = TCP.replace("warmup 0", "warmup 0\nalpha");
    let other = check.replace("TCP_CHECK {", "TCP_CHECK {\nconnect_ip 10.1.0.77");
    let scripts = "notify_up /up\nnotify_down /down";
    let config = web("", &[(A, &format!("{scripts}\n{check}\n{other}"))]);
    let mut director = Director::new(&config);
    director.pass(secs(1));
    assert_eq!((director.table().len(), director.take_ran(), down(&mut director)), (2, vec!["/up".to_owned()], 0));
    let mut director = Director::bare(1);
    director.servers.insert(ip("10.1.0.77"), Server::Silent);
    director.configure(&config);
    director.pass(secs(1));
    assert_eq!((director.take_ran(), down(&mut director)), (vec![], 0));
    director.pass(secs(30));
    assert_eq!((director.take_ran(), down(&mut director)), (vec!["/down".to_owned()], 1), "when it has failed, once");
}

#[test]
fn a_weight_tells_nobody_that_a_server_is_down() {
    let check = TCP.replace("warmup 0", "warmup 0\nalpha");
    let file = "FILE_CHECK {\ntrack_file f\nweight 1\n}";
    let pool = web("", &[(A, &format!("notify_down /down\ninhibit_on_failure\n{check}\n{file}"))]);
    let mut director = Director::bare(1);
    director.servers.insert(ip(A), Server::Silent);
    director.configure(&format!("track_file f {{\nfile /run/f\n}}\n{pool}"));
    director.pass(secs(1));
    for value in [3, 4] {
        director.input(Input::File { name: "f".into(), value: Some(value) });
    }
    assert_eq!((director.take_ran(), down(&mut director)), (vec![], 0));
    director.pass(secs(5));
    assert_eq!((director.take_ran(), down(&mut director)), (vec!["/down".to_owned()], 1));
}

#[test]
fn a_virtual_server_that_is_replaced_ends_before_its_heir_begins() {
    let scripts = "quorum_up /announce\nquorum_down /withdraw";
    let group = "virtual_server_group g {\n10.0.0.1 80\n}\n";
    let with = |protocol: &str| {
        let real = [(A, "notify_up /a\nnotify_down /z")];
        told(&format!("{group}{}", service("group g", &format!("protocol {protocol}\n{scripts}"), &real)))
            .replace("lvs_notify_fifo", "rs_init_notifies\nlvs_notify_fifo")
    };
    let mut director = Director::new(&with("TCP"));
    director.take_fifo();
    director.take_ran();
    director.configure(&with("UDP"));
    let lines = director.take_fifo();
    assert_eq!(
        lines,
        ["RS [10.1.0.1]:tcp:80 [g]:0 DOWN", "VS [g]:0 DOWN", "RS [10.1.0.1]:udp:80 [g]:0 UP", "VS [g]:0 UP",]
    );
    assert_eq!(director.take_ran(), ["/z", "/withdraw", "/a", "/announce"]);
}

#[test]
fn scripts_begin_in_the_order_in_which_they_were_asked_for() {
    let scripts = "quorum_up /announce\nquorum_down /withdraw";
    let group = "virtual_server_group g {\n10.0.0.1 80\n}\n";
    let lines = format!("protocol TCP\n{scripts}");
    let grouped = format!("{group}{}", service("group g", &lines, &[(A, "weight 1")]));
    let alone = service("10.0.0.1 80", &lines, &[(A, "weight 1")]);
    for (before, after) in [(&grouped, &alone), (&alone, &grouped)] {
        let mut director = Director::new(before);
        assert_eq!(director.take_ran(), ["/announce"]);
        director.configure(after);
        assert_eq!(director.take_ran(), ["/withdraw", "/announce"]);
    }
}

#[test]
fn what_goes_bears_the_name_that_it_had() {
    let group = "virtual_server_group g {\n10.0.0.1 80\n}\n";
    let both = [(A, "weight 1"), (B, "weight 1")];
    let tcp = service("group g", "protocol TCP", &both[..1]);
    let udp = |reals| service("group g", "protocol UDP", reals);
    let mut director = Director::new(&told(&format!("{group}{tcp}{}", udp(&both[..]))));
    director.take_fifo();
    director.configure(&told(&format!("{group}{}", udp(&both[..1]))));
    assert_eq!(
        director.take_fifo(),
        ["RS [10.1.0.1]:tcp:80 [g]:0 DOWN", "VS [g]:0 DOWN", "RS [10.1.0.2]:udp:80 [g]:1 DOWN"]
    );
}

#[test]
fn a_new_virtual_server_says_that_its_servers_are_down() {
    let real = format!("notify_down /down\n{TCP}");
    let with = |lines: &str| web(&format!("quorum_down /lost\n{lines}"), &[(A, &real)]);
    let first = web("", &[(A, TCP)]);
    for lines in ["", "sorry_server 10.9.0.9 80"] {
        let second = with(lines).replace("10.0.0.1 80", "10.0.0.2 80");
        let mut director = Director::new(&told(&first));
        director.servers.insert(ip(A), Server::Refuses);
        director.pass(secs(10));
        director.take_events();
        director.take_fifo();
        director.configure(&told(&format!("{first}{second}")));
        assert_eq!(director.take_fifo(), ["RS [10.1.0.1]:tcp:80 [10.0.0.2]:tcp:80 DOWN", "VS [10.0.0.2]:tcp:80 DOWN"]);
        assert_eq!(director.take_ran(), ["/down", "/lost"]);
        let events = director.take_events();
        let place = |of: fn(&LvsEvent) -> bool| events.iter().position(of);
        let real = place(|event| matches!(event, LvsEvent::Real { up: false, .. })).expect("the server's end");
        let quorum = place(|event| matches!(event, LvsEvent::Quorum { up: false, .. })).expect("the quorum's end");
        assert!(real < quorum, "{events:?}");
        director.pass(secs(20));
        assert_eq!((director.take_ran(), down(&mut director)), (vec![], 0), "once");
    }
}
