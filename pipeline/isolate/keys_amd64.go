//go:build linux

package isolate

const hasRights = true

// readRights and writeRights are RDPKRU and WRPKRU: two bits a key, no access and no writes. They are there only where
// a key has been given.
func readRights() uint32
func writeRights(rights uint32)
