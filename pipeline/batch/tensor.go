package batch

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// tensorName is the name of Arrow's canonical extension type for tensors of one shape.
const tensorName = "arrow.fixed_shape_tensor"

// TensorType is arrow.fixed_shape_tensor over uint8: rows of [T, H, W, C].
type TensorType struct {
	arrow.ExtensionBase
	shape Shape
}

// tensorParameters is the serialised form of a tensor type, as Arrow's specification gives it.
type tensorParameters struct {
	Shape       []int    `json:"shape"`
	DimNames    []string `json:"dim_names,omitempty"`
	Permutation []int    `json:"permutation,omitempty"`
}

var dimNames = []string{"T", "H", "W", "C"}

// newTensorType returns the type of clips of that shape.
func newTensorType(shape Shape) *TensorType {
	storage := arrow.FixedSizeListOf(int32(shape.Bytes()), arrow.PrimitiveTypes.Uint8)
	return &TensorType{ExtensionBase: arrow.ExtensionBase{Storage: storage}, shape: shape}
}

// Shape is the shape of one row.
func (t *TensorType) Shape() Shape { return t.shape }

// ArrayType is the Go type of arrays of this type.
func (t *TensorType) ArrayType() reflect.Type { return reflect.TypeFor[TensorArray]() }

// ExtensionName is tensorName.
func (t *TensorType) ExtensionName() string { return tensorName }

func (t *TensorType) String() string {
	return fmt.Sprintf("extension<%s[uint8, %s]>", tensorName, t.shape)
}

// Serialize returns the type's parameters as JSON.
func (t *TensorType) Serialize() string {
	s := t.shape
	text, err := json.Marshal(tensorParameters{Shape: []int{s.Frames, s.Height, s.Width, s.Channels}, DimNames: dimNames})
	if err != nil { // numbers and constant strings
		panic(fmt.Sprintf("batch: encode tensor type: %v", err))
	}
	return string(text)
}

// Deserialize makes a type from its parameters and storage.
func (t *TensorType) Deserialize(storage arrow.DataType, data string) (arrow.ExtensionType, error) {
	var p tensorParameters
	if err := json.Unmarshal([]byte(data), &p); err != nil {
		return nil, fmt.Errorf("%s: parameters %q: %w", tensorName, data, err)
	}
	if len(p.Shape) != 4 {
		return nil, fmt.Errorf("%s: shape %v, want [T, H, W, C]", tensorName, p.Shape)
	}
	if len(p.Permutation) > 0 && !slices.Equal(p.Permutation, []int{0, 1, 2, 3}) {
		return nil, fmt.Errorf("%s: permutation %v is not supported, write the tensor as [T, H, W, C]", tensorName, p.Permutation)
	}
	shape := Shape{p.Shape[0], p.Shape[1], p.Shape[2], p.Shape[3]}
	if err := shape.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", tensorName, err)
	}
	list, ok := storage.(*arrow.FixedSizeListType)
	if !ok || list.Elem().ID() != arrow.UINT8 || int(list.Len()) != shape.Bytes() {
		return nil, fmt.Errorf("%s: storage %s, want a fixed-size list of %d uint8", tensorName, storage, shape.Bytes())
	}
	return &TensorType{ExtensionBase: arrow.ExtensionBase{Storage: storage}, shape: shape}, nil
}

// ExtensionEquals compares shapes.
func (t *TensorType) ExtensionEquals(other arrow.ExtensionType) bool {
	o, ok := other.(*TensorType)
	return ok && o.shape == t.shape
}

// TensorArray is a column of clips.
type TensorArray struct{ array.ExtensionArrayBase }

// Bytes returns row i, [T, H, W, C], as a view of the array's memory.
func (a *TensorArray) Bytes(i int) []byte {
	list := a.Storage().(*array.FixedSizeList)
	from, to := list.ValueOffsets(i)
	return list.ListValues().(*array.Uint8).Uint8Values()[from:to]
}

func init() {
	// Readers know the type by its name from here on. It fails only if another package registered the name first, and
	// then reading reports a column of an unexpected type.
	_ = arrow.RegisterExtensionType(&TensorType{ExtensionBase: arrow.ExtensionBase{Storage: arrow.FixedSizeListOf(1, arrow.PrimitiveTypes.Uint8)}, shape: Shape{1, 1, 1, 1}})
}
