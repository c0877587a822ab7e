//! Health checks in their thread: from a configuration to lines in a FIFO, and to an end that leaves nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::in_namespace;
use keepalived::checkers::{Balancer, Setup};
use keepalived::conn::Trust;
use keepalived::log::{Level, Log};
use keepalived_core::config::model::Config;
use keepalived_core::config::{Source, parse};
use std::fs::{File, OpenOptions};
use std::future::poll_fn;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(30);

fn config(text: &str) -> Config {
    let parsed = parse(&Source::single("test", text.to_owned()));
    assert!(parsed.is_usable(), "{:?}", parsed.diagnostics);
    parsed.config
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn balancer() -> Balancer {
    Balancer::new(Some(Setup { log: Log::start(Vec::new(), Level::Error).unwrap(), ipvs: None }))
}

fn end(mut balancer: Balancer) {
    balancer.stop(false);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(poll_fn(|cx| balancer.poll_ended(cx)));
}

/// A server that answers every request with a page.
fn page(listener: TcpListener) {
    std::thread::spawn(move || {
        let answer = |mut stream: TcpStream| {
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        };
        listener.incoming().flatten().for_each(answer);
    });
}

#[test]
fn what_becomes_of_servers_is_told() {
    in_namespace("what_becomes_of_servers_is_told", || {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (tcp, http) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = (tcp.local_addr().unwrap().port(), http.local_addr().unwrap().port());
        page(http);
        std::fs::write(at("weight"), "0").unwrap();
        std::fs::write(at("alive"), "").unwrap();
        let text = format!(
            "global_defs {{\n lvs_notify_fifo {fifo} root\n script_user root\n rs_init_notifies\n}}\n\
             track_file weight {{\n file {file}\n}}\n\
             virtual_server 10.9.9.9 80 {{\n protocol TCP\n delay_loop 0.1\n retry 0\n warmup 0\n\
             real_server 127.0.0.1 {tcp} {{\n TCP_CHECK {{\n }}\n }}\n\
             real_server 127.0.0.1 {http} {{\n HTTP_GET {{\n url {{\n path /\n }}\n }}\n}}\n\
             real_server 127.0.0.3 80 {{\n MISC_CHECK {{\n misc_path \"/usr/bin/test -e {alive}\"\n }}\n }}\n\
             real_server 127.0.0.4 80 {{\n FILE_CHECK {{\n track_file weight\n weight 0\n }}\n }}\n}}\n",
            fifo = at("fifo"),
            file = at("weight"),
            alive = at("alive"),
            tcp = ports.0,
            http = ports.1,
        );
        let mut balancer = balancer();
        let mut first = config(&text);
        balancer.configure(&mut first, Ok(Trust::anything()));
        assert!(first.lvs.servers.is_empty() && balancer.summary().as_deref() == Some("1 virtual server"));
        until("the FIFO", || Path::new(&at("fifo")).metadata().is_ok_and(|meta| meta.file_type().is_fifo()));
        // Open for writing too, so that it does not end with a writer.
        let fifo = OpenOptions::new().read(true).write(true).open(at("fifo")).unwrap();
        let lines = lines(fifo);
        let says = |what: &str| {
            let mut heard = Vec::new();
            loop {
                let line = lines.recv_timeout(LONG).unwrap_or_else(|_| panic!("no {what} in {heard:#?}"));
                if line.contains(what) {
                    return;
                }
                heard.push(line);
            }
        };
        says("VS [10.9.9.9]:tcp:80 UP");
        drop(tcp);
        says(&format!("RS [127.0.0.1]:tcp:{} [10.9.9.9]:tcp:80 DOWN", ports.0));
        let _tcp = TcpListener::bind(("127.0.0.1", ports.0)).unwrap();
        says(&format!("RS [127.0.0.1]:tcp:{} [10.9.9.9]:tcp:80 UP", ports.0));
        std::fs::remove_file(at("alive")).unwrap();
        says("RS [127.0.0.3]:tcp:80 [10.9.9.9]:tcp:80 DOWN");
        std::fs::write(at("weight"), "1").unwrap();
        says("RS [127.0.0.4]:tcp:80 [10.9.9.9]:tcp:80 DOWN");
        // Without the page's server, and with all the others down, nothing is left.
        balancer.configure(&mut config(&text.replace("path /", "path /\n status_code 500")), Ok(Trust::anything()));
        says(&format!("RS [127.0.0.1]:tcp:{} [10.9.9.9]:tcp:80 DOWN", ports.1));
        end(balancer);
        assert!(!Path::new(&at("fifo")).exists());
    });
}

fn lines(from: File) -> std::sync::mpsc::Receiver<String> {
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    lines
}

#[test]
fn without_virtual_servers_there_is_no_thread() {
    let mut balancer = balancer();
    balancer.configure(&mut config("global_defs {\n router_id a\n}\n"), Ok(Trust::anything()));
    assert_eq!(balancer.summary(), None);
    end(balancer);
}
