package source

import (
	"context"
	"fmt"
	"io"
	"io/fs"
)

// records reads images of 32×32 pixels that lie in a file one behind the other, and shows each as a BMP file.
type records struct {
	of     byteRange
	start  int64 // of the first record
	length int64 // of a record
	count  int64
	image  func(record []byte) []byte
}

// cifarRecord is the length of a CIFAR-100 record: the coarse class, the fine class, and planes of red, green and blue.
const cifarRecord = 2 + 3*plane

// openCIFAR100 takes a file of whole records; a rest at its end, which a broken download leaves, is no record.
func openCIFAR100(of byteRange) *records {
	return &records{of: of, length: cifarRecord, count: of.Size() / cifarRecord, image: func(b []byte) []byte {
		b = b[2:]
		return bitmap(func(row, column int) (byte, byte, byte) {
			i := row*side + column
			return b[i], b[plane+i], b[2*plane+i]
		})
	}}
}

// svhnImage shows a record of the array X, whose dimensions are row, column, colour, record, the first one fastest.
func svhnImage(b []byte) []byte {
	return bitmap(func(row, column int) (byte, byte, byte) {
		i := column*side + row
		return b[i], b[plane+i], b[2*plane+i]
	})
}

func (r *records) open(ctx context.Context, u URI, release func() error) (Object, error) {
	if u.Record >= r.count {
		return nil, fmt.Errorf("record %d: the file has %d: %w", u.Record, r.count, fs.ErrNotExist)
	}
	b := make([]byte, r.length)
	if n, err := r.of.ReadAtContext(ctx, b, r.start+u.Record*r.length); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("record %d: %w", u.Record, err)
	}
	return newPart(ctx, byteRangeOf(r.image(b)), 0, bmpSize, release), nil
}

func (r *records) Close() error { return r.of.Close() }
