# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# sysfs - kernfs: attributes, and the memory of a device, which alone is reached by the access method of a mapping.
#
# The kernel maps no memory that a driver has claimed, so the disk's driver lets go of it for that time.
fs_modules=""
fs_programs=""

driver=/sys/bus/pci/drivers/virtio-pci

fs_setup() {
	mount -t sysfs sysfs "$MNT"
}

# Print the PCI address of the disk.
disk_address() {
	path=$(readlink -f "/sys/block/${DISK##*/}/device")
	path=${path%/virtio*}
	echo "${path##*/}"
}

fs_work() {
	status=0
	address=$(disk_address)
	echo "$address" >/tmp/sysfs.address
	echo "$address" >$driver/unbind || status=1
	for pass in 1 2 3; do
		barmap "$MNT/bus/pci/devices/$address/resource4" || status=1
		ls -lR "$MNT/bus/pci" >/dev/null || status=1
		cat "$MNT/bus/pci/devices/$address/uevent" "$MNT/bus/pci/devices/$address/config" >/dev/null || status=1
		chmod 644 "$MNT/kernel/mm/ksm/run" || status=1
		cat "$MNT/kernel/mm/ksm/run" >"/tmp/run.$pass" || status=1
		cat "/tmp/run.$pass" >"$MNT/kernel/mm/ksm/run" || status=1
		ls "$MNT/no-such" 2>/dev/null
		everycall "$MNT" directories whole 2>"/tmp/everycall.$pass" || status=1
		sleep 2
	done
	echo "$address" >$driver/bind || status=1
	rm /tmp/sysfs.address
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	# The disk is not to be missed by the next filesystem.
	! [ -e /tmp/sysfs.address ] || cat /tmp/sysfs.address >$driver/bind
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
