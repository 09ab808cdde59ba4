#!/bin/busybox sh
# The initrd's only program: finds root and data by partition name, mends and mounts data, and hands over to systemd.
#
# What a box keeps for itself is on the data partition: /var, its machine id and /etc/centralita. When that partition is
# gone or cannot be mended, the box starts all the same with /var in memory, and /run/centralita-box/data-lost says so.
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev 2>/dev/null
$bb mount -t tmpfs -o mode=755,nosuid,nodev,size=20% run /run
while read -r module; do $bb insmod "/lib/modules/$module" 2>/dev/null; done < /modules
say() { echo "initrd: $*" > /dev/kmsg; echo "initrd: $*"; }

init=/usr/lib/systemd/systemd
for word in $($bb cat /proc/cmdline); do
    case $word in
        root=PARTLABEL=*) wanted=${word#root=PARTLABEL=} ;;
        init=*) init=${word#init=} ;;
    esac
done

# The device of the partition of this name, on the root's disk once that is known.
find_partition() {
    # A table without names (a Raspberry Pi's) has numbers for them.
    number=$($bb sed -n "s/ $1\$//p" /partitions)
    for uevent in /sys/class/block/*/uevent; do
        $bb grep -qx -e "PARTNAME=$1" -e "${number:-PARTNAME=$1}" "$uevent" || continue
        name=$($bb sed -n 's/^DEVNAME=//p' "$uevent")
        at=$($bb readlink -f "/sys/class/block/$name/..")
        [ -z "$disk" ] || [ "$disk" = "$at" ] || continue
        found=/dev/$name
        return 0
    done
    return 1
}
give_up() {
    say "$*; starting anew in 10 s"
    $bb sleep 10
    $bb reboot -f
}

disk= tries=0
until find_partition "$wanted"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || give_up "no partition is called $wanted"
    $bb usleep 50000
done
disk=$at
$bb mount -t squashfs -o ro "$found" /root || give_up "$wanted ($found) cannot be mounted"

mkdir_box() { $bb mkdir -p /root/var/lib /root/var/lib/centralita-box/etc; }
in_memory=
lost() {
    in_memory=yes
    say "the data partition $1; /var is in memory"
    $bb mkdir -p /run/centralita-box
    echo "$1" > /run/centralita-box/data-lost
    $bb mount -t tmpfs -o mode=755,nosuid,nodev,size=25% var /root/var
}
if find_partition data; then
    # 0 and 1: whole or mended; from 4 on not everything could be mended by what is safe, so by all there is.
    /bin/e2fsck -p "$found" > /run/e2fsck.log 2>&1
    [ $? -lt 4 ] || /bin/e2fsck -y "$found" >> /run/e2fsck.log 2>&1
    $bb mount -t ext4 -o noatime,nosuid,nodev "$found" /root/var || lost "cannot be mounted"
else
    lost "is not there"
fi
mkdir_box || { $bb umount /root/var; lost "cannot be written"; mkdir_box; }

# An installer may have put the configuration on the start-up partition, which any computer can write.
if find_partition ESP; then
    if $bb mount -t vfat -o sync "$found" /esp; then
        office=/root/var/lib/centralita-box/etc/office.toml
        if [ -f /esp/office.toml ] && $bb cp /esp/office.toml $office.new && $bb sync && $bb mv $office.new $office; then
            say "the configuration of the start-up partition is taken"
            # There are passwords in it. It stays only where it would be lost with the next start; elsewhere it goes when
            # the other's new name is on the disk too, or a power cut here would leave none of them.
            [ -n "$in_memory" ] || { $bb sync && $bb rm /esp/office.toml; }
        fi
        $bb umount /esp
    fi
fi

# The box's own number, for good: from a source that waits until it is random.
id=/root/var/lib/centralita-box/machine-id
if [ ! -f $id ] || [ "$($bb wc -c < $id)" != 33 ]; then
    $bb dd if=/dev/random bs=16 count=1 2>/dev/null | $bb hexdump -ve '1/1 "%02x"' > $id.new
    echo >> $id.new
    $bb sync
    $bb mv $id.new $id
    $bb sync  # before anything is made that knows the box by it
fi
$bb mount -o bind $id /root/etc/machine-id
$bb mount -o bind /root/var/lib/centralita-box/etc /root/etc/centralita

$bb mount --move /run /root/run
$bb mount --move /dev /root/dev
$bb umount /sys
$bb umount /proc
exec $bb switch_root /root "$init"
