# The kernel: fetched once, unpacked, never installed. Sets $kernel (its folder), $release and $image.

kernel_ready() {
    kernel=${KEEPALIVED_GUEST_KERNEL:-}
    if [[ -z $kernel ]]; then
        (
            flock 9
            kernel_fetched >/dev/null || kernel_fetch
        ) 9>"$cache/lock" || exit 125
        kernel=$(kernel_fetched)
    fi
    release=$(basename "$(echo "$kernel"/lib/modules/*)")
    [[ -s $kernel/lib/modules/$release/modules.dep ]] || depmod -b "$kernel" "$release" || die "depmod failed in $kernel"
    image=$kernel/vmlinux
    [[ -s $image ]] || kernel_unpack || image=$(echo "$kernel"/boot/vmlinuz-*)
}

# The newest that is complete.
kernel_fetched() {
    local found
    found=$(find "$cache" -maxdepth 1 -name 'linux-image-*' -type d | sort -V | tail -n 1)
    [[ -n $found ]] && echo "$found"
}

kernel_fetch() {
    local package part=$cache/part.$$
    package=$(kernel_package)
    if [[ -z $package ]]; then
        [[ $(id -u) != 0 ]] || apt-get update -qq
        package=$(kernel_package)
    fi
    [[ -n $package ]] || die "apt knows no linux-image-amd64 here (apt-get update?); see KEEPALIVED_GUEST_KERNEL in --help"
    say "fetching the guest's kernel, once: $package into $cache"
    mkdir "$part"
    # As root apt drops its rights for a download; the folder is not the world's.
    (cd "$part" && apt-get -qq -o APT::Sandbox::User=root download "$package" && dpkg -x ./*.deb .) ||
        { rm -rf "$part"; die "apt-get download $package failed"; }
    rm -f "$part"/*.deb
    # dpkg -x runs no scripts, so nobody has made modules.dep yet.
    depmod -b "$part" "$(basename "$(echo "$part"/lib/modules/*)")"
    mv "$part" "$cache/$package"
}

kernel_package() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9]\)/\1/p' | head -n 1; }

# The ELF image inside of the bzImage: qemu boots it directly (PVH), which saves an emulated processor seconds of unpacking.
# Where the payload lies: Documentation/arch/x86/boot.rst, setup_sects, payload_offset, payload_length.
kernel_unpack() {
    local bzimage setup offset length unpack new=$kernel/vmlinux.$$
    bzimage=$(echo "$kernel"/boot/vmlinuz-*)
    number() { od -An -v -t "u$2" -j "$1" -N "$2" "$bzimage" | tr -d ' '; }
    setup=$(number 497 1) offset=$(number 584 4) length=$(number 588 4)
    payload() { tail -c +$(((setup + 1) * 512 + offset + 1)) "$bzimage" | head -c "$length"; }
    case $(payload 2>/dev/null | head -c 4 | od -An -t x1 | tr -d ' ') in
        fd377a58) unpack=xz ;;
        1f8b*) unpack=gzip ;;
        28b52ffd) unpack=zstd ;;
        02214c18) unpack=lz4 ;;
        *) return 1 ;;
    esac
    command -v "$unpack" >/dev/null && [[ -w $kernel ]] || return 1
    # Behind the stream stands its length, which the unpacker takes for garbage; the image is whole all the same.
    payload 2>/dev/null | "$unpack" -dc >"$new" 2>/dev/null || true
    if [[ $(head -c 4 "$new" | od -An -t x1 | tr -d ' ') == 7f454c46 ]]; then
        mv "$new" "$image"
    else
        rm -f "$new"
        return 1
    fi
}
