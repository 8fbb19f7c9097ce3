//go:build !linux

package shard

import (
	"errors"
	"os"
)

// setDirect makes writes to a file go past the page cache; not here.
func setDirect(_ *os.File, on bool) error {
	if on {
		return errors.ErrUnsupported
	}
	return nil
}
