//! Has the linker put side by side what reading a configuration runs: see `scripts/order`.

fn main() {
    println!("cargo:rerun-if-changed=link/first.ld");
    println!("cargo:rerun-if-env-changed=KEEPALIVED_UNORDERED");
    let is = |name: &str, wanted: &str| std::env::var(name).is_ok_and(|value| value == wanted);
    // Rust brings the linker for this one system; of others it is not known whether theirs understands the list.
    if is("PROFILE", "release") && is("TARGET", "x86_64-unknown-linux-gnu") && !is("KEEPALIVED_UNORDERED", "1") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bin=keepalived=-Wl,-T,{folder}/link/first.ld");
    }
}
