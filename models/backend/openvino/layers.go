//go:build linux && amd64 && cgo

package openvino

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// layer is one operation of an IR graph, with one output.
type layer struct {
	id     int
	kind   string // such as MatMul
	opset  int
	data   string // attributes, as in an XML element
	in     []*layer
	dtype  dtypes.DType
	dims   []int
	names  []string // of the output
	shared *memory  // of a constant in a buffer
	copied *layer   // a constant whose values are those of another one, at another address
	offset int      // of another constant, in the model's own memory; -1 for other layers
	size   int      // of a constant, in bytes
}

// layers are a graph under construction. Operands come before the operations that use them.
type layers struct {
	list     []*layer
	literals bytes.Buffer      // values of constants that are no buffers
	known    map[string]*layer // literals by type, shape and values
}

func newLayers() *layers { return &layers{known: map[string]*layer{}} }

// add appends an operation.
func (l *layers) add(kind string, opset int, data string, dtype dtypes.DType, dims []int, in ...*layer) *layer {
	made := &layer{id: len(l.list), kind: kind, opset: opset, data: data, in: in, dtype: dtype, dims: dims, offset: -1}
	l.list = append(l.list, made)
	return made
}

// op appends an operation of the first operation set without attributes, whose result has the type and shape.
func (l *layers) op(kind string, shape shapes.Shape, in ...*layer) *layer {
	return l.add(kind, 1, "", shape.DType, shape.Dimensions, in...)
}

// literal appends a constant with given values, once.
func (l *layers) literal(dtype dtypes.DType, dims []int, values []byte) *layer {
	key := "" // of a small one; looking for a large one again costs more than it saves
	if len(values) <= 4096 {
		key = fmt.Sprint(dtype, dims, "\x00", string(values))
		if made := l.known[key]; made != nil {
			return made
		}
	}
	for l.literals.Len()%alignment != 0 {
		l.literals.WriteByte(0)
	}
	made := l.add("Const", 1, "", dtype, dims)
	made.offset, made.size = l.literals.Len(), len(values)
	l.literals.Write(values)
	if key != "" {
		l.known[key] = made
	}
	return made
}

// float appends a float32 scalar.
func (l *layers) float(v float32) *layer {
	return l.literal(dtypes.Float32, nil, binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
}

// integers appends an int64 vector, as operations take shapes and axes.
func (l *layers) integers(values ...int) *layer {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return l.literal(dtypes.Int64, []int{len(values)}, b)
}

// buffer appends a constant whose values lie in a buffer's memory.
func (l *layers) buffer(shape shapes.Shape, values *memory) *layer {
	made := l.add("Const", 1, "", shape.DType, shape.Dimensions)
	made.shared, made.size = values, values.size
	return made
}

// reshape returns x with other dimensions, x itself if it has them.
func (l *layers) reshape(x *layer, dims ...int) *layer {
	if slices.Equal(x.dims, dims) {
		return x
	}
	if len(dims) == 0 { // the library has no empty constants
		return l.add("Squeeze", 1, "", x.dtype, dims, x)
	}
	return l.add("Reshape", 1, `special_zero="false"`, x.dtype, dims, x, l.integers(dims...))
}

// transpose returns x with its axes in another order, x itself if the order is the same.
func (l *layers) transpose(x *layer, permutation []int) *layer {
	dims, same := make([]int, len(permutation)), true
	for i, axis := range permutation {
		dims[i] = x.dims[axis]
		same = same && i == axis
	}
	if same {
		return x
	}
	return l.add("Transpose", 1, "", x.dtype, dims, x, l.integers(permutation...))
}

// address returns the position of a constant's values as an offset from base.
type address func(c *layer) uintptr

// text writes the graph as IR version 11. Results have their names; every name stands for one output.
func (l *layers) text(name string, results []*layer, at address) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<net name=%q version=\"11\">\n<layers>\n", escape(name))
	for _, x := range l.list {
		e, err := elementOf(x.dtype)
		if err != nil {
			return nil, err
		}
		data := x.data
		switch x.kind {
		case "Const":
			data = fmt.Sprintf(`element_type="%s" shape="%s" offset="%d" size="%d"`, e.name, join(x.dims), at(x), x.size)
		case "Parameter":
			data = fmt.Sprintf(`element_type="%s" shape="%s"`, e.name, join(x.dims))
		}
		fmt.Fprintf(&b, "<layer id=\"%d\" name=\"%s%d\" type=%q version=\"opset%d\">", x.id, x.kind, x.id, x.kind, x.opset)
		if data != "" {
			fmt.Fprintf(&b, "<data %s/>", data)
		}
		if len(x.in) > 0 {
			b.WriteString("<input>")
			for i, in := range x.in {
				port(&b, i, in, nil)
			}
			b.WriteString("</input>")
		}
		b.WriteString("<output>")
		port(&b, len(x.in), x, x.names)
		b.WriteString("</output></layer>\n")
	}
	for i, r := range results {
		fmt.Fprintf(&b, "<layer id=\"%d\" name=\"Result%d\" type=\"Result\" version=\"opset1\"><input>", len(l.list)+i, i)
		port(&b, 0, r, nil)
		b.WriteString("</input></layer>\n")
	}
	b.WriteString("</layers>\n<edges>\n")
	edge := func(from *layer, to, number int) {
		fmt.Fprintf(&b, "<edge from-layer=\"%d\" from-port=\"%d\" to-layer=\"%d\" to-port=\"%d\"/>\n", from.id, len(from.in), to, number)
	}
	for _, x := range l.list {
		for i, in := range x.in {
			edge(in, x.id, i)
		}
	}
	for i, r := range results {
		edge(r, len(l.list)+i, 0)
	}
	b.WriteString("</edges>\n</net>\n")
	return b.Bytes(), nil
}

// port writes a port of the type and shape of x.
func port(b *bytes.Buffer, number int, x *layer, names []string) {
	fmt.Fprintf(b, "<port id=\"%d\" precision=%q", number, elements[x.dtype].precision)
	if len(names) > 0 {
		fmt.Fprintf(b, " names=%q", strings.Join(names, ","))
	}
	if len(x.dims) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, d := range x.dims {
		fmt.Fprintf(b, "<dim>%d</dim>", d)
	}
	b.WriteString("</port>")
}

func join(dims []int) string {
	texts := make([]string, len(dims))
	for i, d := range dims {
		texts[i] = strconv.Itoa(d)
	}
	return strings.Join(texts, ",")
}

func escape(name string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(name)); err != nil {
		return "graph"
	}
	return b.String()
}
