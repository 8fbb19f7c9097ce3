//go:build linux

package isolate

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// keys are the processor's protection keys: memory that carries one can be closed to writes, and opened, by an instruction
// of this thread instead of a system call that visits every page. They belong to the thread that asked for them, which
// their user is bound to. None where the processor or the system has none.
type keys struct {
	all  []int
	next int // of all, for the next clip
}

const (
	mostKeys       = 14         // of the fifteen that there may be besides that of all other memory
	noWrites       = uint32(2)  // in the two bits of a key
	pkeyNoWrites   = uintptr(2) // PKEY_DISABLE_WRITE
	bitsOfEveryKey = 2
)

// newKeys asks for keys, and closes what will carry them.
func newKeys() (k keys) {
	for hasRights && len(k.all) < mostKeys {
		key, _, err := unix.Syscall(unix.SYS_PKEY_ALLOC, 0, pkeyNoWrites, 0)
		if err != 0 {
			break // there are no more
		}
		k.all = append(k.all, int(key))
	}
	return k
}

// give has memory carry one of the keys. More clips than keys share them.
func (k *keys) give(clip []byte) (key int, err error) {
	key = k.all[k.next%len(k.all)]
	k.next++
	if _, _, failed := unix.Syscall6(unix.SYS_PKEY_MPROTECT, uintptr(unsafe.Pointer(unsafe.SliceData(clip))), uintptr(len(clip)), unix.PROT_READ|unix.PROT_WRITE, uintptr(key), 0, 0); failed != 0 {
		return 0, fmt.Errorf("protect a clip by a key: %w", failed)
	}
	return key, nil
}

// open lets this thread write to what carries the key, and to nothing that carries another one; 0 closes all.
func (k *keys) open(key int) {
	rights := readRights()
	for _, other := range k.all {
		rights &^= 3 << (bitsOfEveryKey * other)
		if other != key {
			rights |= noWrites << (bitsOfEveryKey * other)
		}
	}
	writeRights(rights)
}
