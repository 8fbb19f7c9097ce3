package openvino

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
)

// element is the type of a tensor's values as the library names it.
type element struct {
	name      string // in the attributes of IR
	precision string // in the ports of IR
	number    int    // ov_element_type_e
}

var elements = map[dtypes.DType]element{
	dtypes.Bool:     {"boolean", "BOOL", 1},
	dtypes.BFloat16: {"bf16", "BF16", 2},
	dtypes.Float16:  {"f16", "FP16", 3},
	dtypes.Float32:  {"f32", "FP32", 4},
	dtypes.Float64:  {"f64", "FP64", 5},
	dtypes.Int8:     {"i8", "I8", 7},
	dtypes.Int16:    {"i16", "I16", 8},
	dtypes.Int32:    {"i32", "I32", 9},
	dtypes.Int64:    {"i64", "I64", 10},
	dtypes.Uint8:    {"u8", "U8", 16},
	dtypes.Uint16:   {"u16", "U16", 17},
	dtypes.Uint32:   {"u32", "U32", 18},
	dtypes.Uint64:   {"u64", "U64", 19},
}

func elementOf(dtype dtypes.DType) (element, error) {
	e, ok := elements[dtype]
	if !ok {
		return element{}, fmt.Errorf("values of type %s are not supported", dtype)
	}
	return e, nil
}

// exact reports whether the library computes with values of a type as the type says. It narrows the others.
func exact(dtype dtypes.DType) bool {
	switch dtype {
	case dtypes.Float32, dtypes.BFloat16, dtypes.Bool, dtypes.Int32, dtypes.Uint8, dtypes.Int8:
		return true
	}
	return false
}
