package isolate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"padapter/decode"
)

// checkAdd says whether a decoder's queue takes a file.
func checkAdd(d Decoder, size int64) error {
	if size < 0 || size > MostQueued || d.Full() {
		return &decode.Error{Reason: decode.Failed, Op: "open", Err: fmt.Errorf("no room for %d bytes in the queue", size)}
	}
	return nil
}

// readAll reads all of a file.
func readAll(src decode.Source, all []byte) error {
	if n, err := src.ReadAt(all, 0); n < len(all) {
		return fmt.Errorf("read %d of %d bytes: %w", n, len(all), err)
	}
	return nil
}

func sumOf(all []byte) string {
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}
