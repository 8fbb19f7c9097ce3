//go:build linux

package isolate

import "golang.org/x/sys/unix"

const (
	supportsKeys    = true
	sysPkeyAlloc    = unix.SYS_PKEY_ALLOC
	sysPkeyMprotect = unix.SYS_PKEY_MPROTECT
)

// readRights and writeRights are RDPKRU and WRPKRU: two bits a key, no access and no writes. They are there only where
// a key has been given.
func readRights() uint32
func writeRights(rights uint32)
