# Boots what was prepared, carries the output over, and ends with the command's status.

# Whether KVM boots a Debian kernel here: /dev/kvm alone promises nothing inside of another virtual machine. Asked once a boot.
kvm_works() {
    [[ -r /dev/kvm && -w /dev/kvm ]] || return 1
    local verdict
    verdict=$cache/kvm-$(tr -d - </proc/sys/kernel/random/boot_id)
    if [[ ! -s $verdict ]]; then
        rm -f "$cache"/kvm-*
        echo no >"$verdict"
        if KEEPALIVED_GUEST_ACCEL=kvm "$parts/../guest" --limit 10 --memory 512 -- true 2>/dev/null; then
            echo yes >"$verdict"
        else
            say "guest: KVM does not boot this kernel here; emulating from now on"
        fi
    fi
    [[ $(cat "$verdict") == yes ]]
}

boot() {
    local accel cpu status qemu out err readers=() n=0 folder
    # What has no effect on the kernel's behaviour and costs an emulated processor dearly is switched off; above all address
    # randomisation: code is translated anew for each address at which it is loaded.
    local line="console=ttyS0 quiet loglevel=4 panic=-1 reboot=t mitigations=off norandmaps tsc=reliable no_timer_check"
    line+=" random.trust_cpu=on cryptomgr.notests rcupdate.rcu_expedited=1 nowatchdog init=/none"
    if [[ $mode == packed ]]; then
        # One processor: more would wait for each other in real time.
        accel=(-accel tcg,thread=single,tb-size=256 -icount "shift=$icount,sleep=off") cpus=1
    elif [[ ${KEEPALIVED_GUEST_ACCEL:-} == kvm ]] || { [[ ${KEEPALIVED_GUEST_ACCEL:-} != tcg ]] && kvm_works; }; then
        accel=(-accel kvm) cpu=host
    else
        accel=(-accel tcg,thread=multi,tb-size=256)
    fi
    mkfifo "$work/out" "$work/err"
    touch "$work/status" "$work/console"
    cat "$work/out" & out=$!
    cat "$work/err" >&2 & err=$!
    children+=("$out" "$err")
    qemu=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 "${accel[@]}"
        -cpu "${cpu:-qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt,+aes,+pclmulqdq,+rdrand}" -smp "$cpus" -m "$memory"
        -kernel "$image" -initrd "$work/initrd" -append "$line" -serial "file:$work/console"
        -device virtio-serial-pci,max_ports=4)
    for n in out err status; do
        qemu+=(-chardev "file,id=$n,path=$work/$n" -device "virtserialport,chardev=$n,name=$n")
    done
    if [[ $mode == shared ]]; then
        qemu+=(-fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=root,mount_tag=root)
        n=0
        for folder in "${write[@]}"; do
            qemu+=(-fsdev "local,id=write$n,path=$folder,security_model=none,multidevs=remap"
                -device "virtio-9p-pci,fsdev=write$n,mount_tag=write$n")
            n=$((n + 1))
        done
    fi
    # Whatever becomes of this script, the machine ends with it.
    setpriv --pdeathsig TERM -- timeout -k 5 "$limit" "${qemu[@]}" </dev/null >"$work/qemu" 2>&1 &
    children+=($!)
    status=0
    wait $! || status=$?
    if [[ -s $work/status ]]; then
        wait "$out" "$err" || true
    fi
    children=()
    [[ $console == no ]] || cat "$work/console" >&2
    if [[ -s $work/status ]]; then
        exit "$(tr -cd 0-9 <"$work/status")"
    fi
    kill "$out" "$err" 2>/dev/null || true
    if ((status == 124 || status == 137)); then
        say "guest: the limit of $limit s was reached"
        tail -n 5 "$work/console" >&2
        exit 124
    fi
    say "guest: it ended without a status (qemu: $status)"
    tail -n 25 "$work/qemu" "$work/console" >&2
    exit 125
}
