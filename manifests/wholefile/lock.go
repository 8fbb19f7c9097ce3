package wholefile

import (
	"errors"
	"fmt"
	"os"
)

// ErrLocked says that another process holds a lock.
var ErrLocked = errors.New("another process is at work here")

// Lock keeps other processes from what the file at path stands for, until it is closed or this process ends. The file is
// made if need be and stays. It does not wait: where another process holds the lock the error wraps ErrLocked. On file
// systems without locks it keeps nobody away.
func Lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := flock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f, nil
}
