package wholefile

import (
	"fmt"
	"os"
)

// File returns the draft's file, to be written past the draft's own buffer, from where Write has come to. The file stays
// the draft's, and Write is not to be called afterwards.
func (d *Draft) File() (*os.File, error) {
	if d.done {
		return nil, fmt.Errorf("write %s: it was published or discarded already", d.path)
	}
	if err := d.buf.Flush(); err != nil {
		return nil, fmt.Errorf("write %s: %w", d.path, err)
	}
	return d.file, nil
}
