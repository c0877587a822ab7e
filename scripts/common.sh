# Sourced by the scripts beside it: where the tree is, and how missing programs come.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$HOME/.cargo/bin:/usr/local/sbin:/usr/sbin:/sbin:$PATH"

say() { printf '==> %s\n' "$*" >&2; }

# need PROGRAM PACKAGE ...: installs from apt the packages whose program is missing.
need() {
    local missing=() as_root=()
    while (($#)); do
        command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    ((${#missing[@]})) || return 0
    [[ $(id -u) == 0 ]] || as_root=(sudo)
    if ! command -v apt-get >/dev/null || { ((${#as_root[@]})) && ! command -v sudo >/dev/null; }; then
        say "missing, and not mine to install here: ${missing[*]}"
        say "as root: apt-get install ${missing[*]}"
        exit 1
    fi
    say "installing from apt: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

need_rust() {
    command -v cargo >/dev/null && return 0
    say "a Rust toolchain is the one thing to bring along (Rust 1.95 or newer): https://rustup.rs"
    exit 1
}

# Whether this kernel's own IPVS can be used: by root only, a user namespace is not enough for it.
ipvs_here() { [[ $(id -u) == 0 ]] && { modprobe -q ip_vs 2>/dev/null || [[ -e /proc/net/ip_vs ]]; }; }
