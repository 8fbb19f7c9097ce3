package source

import "encoding/binary"

const (
	side      = 32                  // of the images of CIFAR and SVHN
	plane     = side * side         // pixels
	bmpHeader = 14 + 40             // the file's header and the image's
	bmpSize   = bmpHeader + 3*plane // a row is 96 bytes, which needs no padding
)

// bitmap makes an image file of 32×32 pixels; at gives a pixel's red, green and blue by its row, from the top, and column.
func bitmap(at func(row, column int) (r, g, b byte)) []byte {
	out := make([]byte, bmpSize)
	le := binary.LittleEndian
	copy(out, "BM")
	le.PutUint32(out[2:], bmpSize)
	le.PutUint32(out[10:], bmpHeader)
	le.PutUint32(out[14:], 40)
	le.PutUint32(out[18:], side)
	le.PutUint32(out[22:], side) // positive: the bottom row comes first
	le.PutUint16(out[26:], 1)    // planes
	le.PutUint16(out[28:], 24)   // bits a pixel
	le.PutUint32(out[34:], 3*plane)
	p := out[bmpHeader:]
	for row := side - 1; row >= 0; row-- {
		for column := range side {
			r, g, b := at(row, column)
			p[0], p[1], p[2] = b, g, r
			p = p[3:]
		}
	}
	return out
}
