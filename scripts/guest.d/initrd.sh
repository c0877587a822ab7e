# The guest's first file system. Two kinds: one that only finds the way to this machine's files, and one that is all there is.

archive() { (cd "$1" && busybox find . | busybox cpio -o -H newc 2>/dev/null); }

# module_files NAME...: the modules and what they depend on, in the order to load them.
module_files() {
    local name
    for name; do
        modprobe -d "$kernel" -S "$release" --show-depends "$name" 2>/dev/null || true
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# Files by 9p, writes to memory. Kept in the cache: it is the same every time.
initrd_shared() {
    local base=$cache/initrd-$release root=$work/root n=100 file
    if [[ ! -s $base || $parts/initrd.sh -nt $base || $parts/init -nt $base ]]; then
        mkdir -p "$root"/{bin,proc,sys,dev,host,memory,new,modules}
        cp "$(command -v busybox)" "$root/bin/busybox"
        ln -s busybox "$root/bin/sh"
        cp "$parts/init" "$root/init"
        for file in $(module_files virtio_pci virtio_console 9pnet_virtio 9p overlay); do
            # busybox loads no compressed ones.
            case $file in
                *.xz) xz -dc "$file" >"$root/modules/$n-$(basename "$file" .xz)" ;;
                *.zst) zstd -qdc "$file" >"$root/modules/$n-$(basename "$file" .zst)" ;;
                *) cp "$file" "$root/modules/$n-$(basename "$file")" ;;
            esac
            n=$((n + 1))
        done
        archive "$root" >"$base.$$"
        mv "$base.$$" "$base"
        rm -rf "$root"
    fi
    cp "$base" "$work/initrd"
}

packed_modules=(virtio_pci virtio_console veth bridge macvlan dummy tun ipip ip6_tunnel sit ip_gre ip6_gre fou vrf sch_netem sch_tbf
    ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_sh ip_vs_mh ip_vs_dh ip_vs_fo ip_vs_ovf ip_vs_sed
    ip_vs_nq ip_vs_twos ip_vs_ftp ip_vs_pe_sip nf_tables nft_ct nft_nat nft_masq nft_chain_nat nf_conntrack_netlink xt_ipvs ip_set)
# sh, because that of busybox takes its own `ip` and `mount` for ours.
packed_tools=(sh ip ipvsadm ipvsadm-save ipvsadm-restore nft sysctl tcpdump bash env nsenter keepalived)

# Everything the command needs, and nothing else.
initrd_packed() {
    local root=$work/root name path folder
    mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,proc,sys,dev,run,tmp,etc,var,root}
    for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
    chmod 1777 "$root/tmp"
    cp "$parts/init" "$root/init"
    for path in $(module_files "${packed_modules[@]}"); do
        folder=$root/usr/lib/modules/$release/$(dirname "${path#*/lib/modules/"$release"/}")
        mkdir -p "$folder" && cp "$path" "$folder/"
    done
    cp "$kernel/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$root/lib/modules/$release/"
    depmod -b "$root" "$release"
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
    for name in "${packed_tools[@]}"; do
        path=$(command -v "$name") && pack "$path"
    done
    pack "$(command -v kmod)"
    for name in modprobe insmod lsmod; do ln -sf "$(command -v kmod)" "$root/sbin/$name"; done
    path=$(command -v -- "$1") || die "no such command: $1"
    for path in "$(realpath -s -- "$path")" "${pack[@]}"; do pack "$(realpath -s -- "$path")"; done
    cp "$(command -v busybox)" "$root/bin/busybox"
    for name in $(busybox --list); do
        [[ -e $root/bin/$name || -e $root/sbin/$name ]] || ln -s /bin/busybox "$root/bin/$name"
    done
    mkdir -p "$root$PWD"
    archive "$root" >"$work/initrd"
    rm -rf "$root"
}

# pack PATH: puts a program with its libraries or its interpreter, a file, or a folder where it is on this machine.
pack() {
    local root=$work/root path=$1 line library
    [[ -e $path ]] || die "nothing to pack at $path"
    [[ ! -e $root$path ]] || return 0
    mkdir -p "$root$(dirname "$path")"
    if [[ -d $path ]]; then
        cp -rL "$path" "$root$path"
        return
    fi
    cp -L "$path" "$root$path"
    [[ -x $path ]] || return 0
    read -rn 128 line <"$path" 2>/dev/null || true
    case $line in
        '#!'*)
            read -r line _ <<<"${line#\#!}"
            pack "$line"
            ;;
        *)
            ldd "$path" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
                [[ -e $root$library ]] || { mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; }
            done || true
            # What only a debugger reads would only cost memory.
            strip --strip-debug "$root$path" 2>/dev/null || true
            ;;
    esac
}

# What this one run is about: a second archive, behind the first.
initrd_job() {
    local job=$work/job/job line
    mkdir -p "$job"
    cp "$parts/run" "$job/run"
    printf '%s\n' "mode=$mode" "release=$release" "modules=$(realpath "$kernel/lib/modules/$release")" >"$job/settings"
    for line in "${write[@]}"; do printf '%s\n' "$line"; done >"$job/write"
    {
        export -p | grep -vE '^declare -x (PWD|OLDPWD|SHLVL|_)(=|$)' | sed 's/^declare -x /export /'
        printf 'export KEEPALIVED_GUEST=%s\n' "$mode"
        printf 'cd %q || exit 125\nexec' "$PWD"
        printf ' %q' "$@"
        echo
    } >"$job/command"
    archive "$work/job" >>"$work/initrd"
    rm -rf "$work/job"
}
