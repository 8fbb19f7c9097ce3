package weights

import (
	"fmt"
	"slices"
	"strings"
)

// Role is the part of a classifier that a parameter belongs to.
type Role int

// The roles of parameters.
const (
	Backbone Role = iota // the pretrained network
	Tuning               // added by a tuning
	Pooling              // the norm between the pooled tokens and the head (fc_norm)
	Head                 // the classification head
	Buffer               // running statistics: updated by training steps, not by the optimizer
)

func (r Role) String() string {
	switch r {
	case Backbone:
		return "backbone"
	case Tuning:
		return "tuning"
	case Pooling:
		return "pooling"
	case Head:
		return "head"
	case Buffer:
		return "buffer"
	}
	return fmt.Sprintf("role %d", int(r))
}

// Parameter describes one float32 weight or buffer.
type Parameter struct {
	Name        string
	Shape       []int // in memory
	Axes        []int // memory axis i is file axis Axes[i]; nil if memory and file have the same order
	Role        Role
	Initializer Initializer
}

// Path returns the path of the parameter's variable in a model store.
func (p Parameter) Path() string { return "/" + strings.ReplaceAll(p.Name, ".", "/") }

// Size returns the number of elements.
func (p Parameter) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// FileShape returns the shape in files.
func (p Parameter) FileShape() []int {
	if p.Axes == nil {
		return slices.Clone(p.Shape)
	}
	shape := make([]int, len(p.Shape))
	for memory, file := range p.Axes {
		shape[file] = p.Shape[memory]
	}
	return shape
}

// ToFile converts values from the order of Shape to the order of FileShape. The result may be values itself.
func (p Parameter) ToFile(values []float32) []float32 {
	if p.Axes == nil {
		return values
	}
	inverse := make([]int, len(p.Axes))
	for memory, file := range p.Axes {
		inverse[file] = memory
	}
	return permute(values, p.Shape, inverse)
}

// FromFile is the inverse of ToFile.
func (p Parameter) FromFile(values []float32) []float32 {
	if p.Axes == nil {
		return values
	}
	return permute(values, p.FileShape(), p.Axes)
}

// permute transposes values: axis i of the result is axis axes[i] of values.
func permute(values []float32, shape, axes []int) []float32 {
	strides := make([]int, len(shape))
	for i, stride := len(shape)-1, 1; i >= 0; i-- {
		strides[i] = stride
		stride *= shape[i]
	}
	out := make([]float32, len(values))
	index := make([]int, len(axes))
	from := 0
	for to := range out {
		out[to] = values[from]
		for axis := len(axes) - 1; axis >= 0; axis-- {
			index[axis]++
			from += strides[axes[axis]]
			if index[axis] < shape[axes[axis]] {
				break
			}
			from -= index[axis] * strides[axes[axis]]
			index[axis] = 0
		}
	}
	return out
}

// Kernel describes the kernel of a linear layer: [in, out] in memory, [out, in] in files.
func Kernel(name string, in, out int, role Role, init Initializer) Parameter {
	return Parameter{Name: name, Shape: []int{in, out}, Axes: []int{1, 0}, Role: role, Initializer: init}
}

// Vector describes a bias, the weight of a norm, or any other parameter with the same layout in memory and in files.
func Vector(name string, shape []int, role Role, init Initializer) Parameter {
	return Parameter{Name: name, Shape: shape, Role: role, Initializer: init}
}

// Count returns the number of elements of all parameters that keep accepts. Buffers are not counted.
func Count(parameters []Parameter, keep func(Parameter) bool) int {
	n := 0
	for _, p := range parameters {
		if p.Role != Buffer && keep(p) {
			n += p.Size()
		}
	}
	return n
}
