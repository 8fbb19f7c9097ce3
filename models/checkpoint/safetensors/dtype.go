package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// itemSizes has the bytes of one element of each dtype of the format.
var itemSizes = map[string]int64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
	"U16": 2, "I16": 2, "F16": 2, "BF16": 2,
	"U32": 4, "I32": 4, "F32": 4,
	"U64": 8, "I64": 8, "F64": 8,
}

// toFloat32 converts little-endian elements to float32.
func toFloat32(dtype string, raw []byte) ([]float32, error) {
	size := itemSizes[dtype]
	var at func(b []byte) float32
	switch dtype {
	case "F32":
		at = func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
	case "F64":
		at = func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }
	case "F16":
		at = func(b []byte) float32 { return half(binary.LittleEndian.Uint16(b)) }
	case "BF16":
		at = func(b []byte) float32 { return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16) }
	case "I64":
		at = func(b []byte) float32 { return float32(int64(binary.LittleEndian.Uint64(b))) }
	case "I32":
		at = func(b []byte) float32 { return float32(int32(binary.LittleEndian.Uint32(b))) }
	case "U8":
		at = func(b []byte) float32 { return float32(b[0]) }
	default:
		return nil, fmt.Errorf("dtype %s can't be read as numbers here: use one of %s", dtype, strings.Join([]string{"F32", "F64", "F16", "BF16", "I64", "I32", "U8"}, ", "))
	}
	values := make([]float32, int64(len(raw))/size)
	for i := range values {
		values[i] = at(raw[int64(i)*size:])
	}
	return values, nil
}

// half converts an IEEE 754 binary16 number.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch {
	case exponent == 0x1f: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	case exponent == 0: // zero or subnormal: fraction · 2⁻²⁴
		v := float32(fraction) * float32(1.0/(1<<24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
