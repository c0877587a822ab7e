//! How long reading a configuration takes, and how much memory: `cargo bench -p keepalived-core`.
//!
//! The C version beside it, processes and all, is `scripts/bench config`.

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};
use keepalived_core::config::{Source, parse};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn run(bencher: Bencher<'_, '_>, items: usize, text: String) {
    let bytes = text.len();
    let source = Source::single("keepalived.conf", text);
    let bencher = bencher.counter(ItemsCount::new(items)).counter(BytesCount::new(bytes));
    bencher.bench_local(|| parse(black_box(&source)));
}

/// Ten lines each.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 20)]
fn instances(bencher: Bencher<'_, '_>, count: usize) {
    let instance = |n: usize| {
        format!(
            "vrrp_instance VI_{n} {{\n    state BACKUP\n    interface eth{}\n    virtual_router_id {}\n    \
             priority 100\n    advert_int 1\n    authentication {{\n        auth_type PASS\n        auth_pass secret\n    \
             }}\n    virtual_ipaddress {{\n        10.{}.{}.{}/24\n    }}\n}}\n",
            n / 250,
            n % 250 + 1,
            n >> 16,
            n >> 8 & 255,
            n & 255
        )
    };
    run(bencher, count, (0..count).map(instance).collect());
}

/// Ten real servers each, six lines every one of them.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 10)]
fn virtual_servers(bencher: Bencher<'_, '_>, count: usize) {
    let server = |n: usize| {
        let real = |k: usize| {
            format!(
                "    real_server 172.16.{}.{} 80 {{\n        weight 1\n        TCP_CHECK {{\n            \
                 connect_timeout 3\n        }}\n    }}\n",
                n & 255,
                k + 1
            )
        };
        format!(
            "virtual_server 10.{}.{}.{} 80 {{\n    delay_loop 6\n    lvs_sched rr\n    lvs_method NAT\n    \
             protocol TCP\n{}}}\n",
            100 + (n >> 16),
            n >> 8 & 255,
            n & 255,
            (0..10).map(real).collect::<String>()
        )
    };
    run(bencher, count, (0..count).map(server).collect());
}

/// One instance with many addresses.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 20)]
fn addresses(bencher: Bencher<'_, '_>, count: usize) {
    let address = |n: usize| format!("        10.{}.{}.{}/24 dev eth1\n", n >> 16, n >> 8 & 255, n & 255);
    let text = format!(
        "vrrp_instance VI_1 {{\n    interface eth0\n    virtual_router_id 1\n    virtual_ipaddress {{\n        \
         192.0.2.1/24\n    }}\n    virtual_ipaddress_excluded {{\n{}    }}\n}}\n",
        (0..count).map(address).collect::<String>()
    );
    run(bencher, count, text);
}
