//go:build linux && !amd64

package isolate

const (
	supportsKeys    = false
	sysPkeyAlloc    = 0
	sysPkeyMprotect = 0
)

func readRights() uint32 { return 0 }
func writeRights(uint32) {}
