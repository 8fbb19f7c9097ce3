package mat

import (
	"fmt"
	"io"
)

// typeUint8 is the type of elements of unsigned bytes.
const typeUint8 = 2

// Bytes gives the numbers of an array of unsigned bytes (class uint8), one for each element: where they are in the file, or in a
// compressed element at -1 and a reader that unpacks them, which may be used until visit returns. It may be called once,
// and not beside Ints.
func (a *Array) Bytes() (at int64, unpacked io.Reader, err error) {
	kind, length, inTag, err := a.body.tag()
	switch {
	case err != nil:
		return 0, nil, err
	case kind != typeUint8 || inTag != nil || length != a.count:
		return 0, nil, fmt.Errorf("%d bytes of type %d for an array of %v, want %d of type %d", length, kind, a.Dims, a.count, typeUint8)
	case a.pos < 0:
		return -1, a.body.r, nil
	}
	const tagSize = 8
	return a.pos + tagSize, nil, nil
}
