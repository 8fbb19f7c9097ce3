package export

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto.
const (
	modelGraph, modelMetadata                   = 7, 14
	graphNode, graphInitializer                 = 1, 5
	graphInput, graphOutput                     = 11, 12
	nodeInput, nodeOutput, nodeOp, nodeAttr     = 1, 2, 4, 5
	tensorDims, tensorType, tensorName          = 1, 2, 8
	tensorRaw                                   = 9
	infoName, infoType                          = 1, 2
	typeTensor, tensorTypeShape, shapeDimension = 1, 2, 1
	dimensionValue, dimensionName               = 1, 2
	attrName, attrInt, attrType                 = 1, 3, 20
	entryKey, entryValue                        = 1, 2
	onnxFloat, onnxInt64, attrTypeInt           = 1, 7, 2
)

// tensor is a float32 tensor.
type tensor struct {
	shape  []int
	values []float32
}

// rewrite turns a graph for a batch of standIn with weights as inputs into one for any batch with weights in it.
func rewrite(file []byte, weights map[string]tensor, metadata map[string]string) ([]byte, error) {
	top, err := parse(file)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, f := range top {
		if f.number != modelGraph {
			out = append(out, f.raw...)
			continue
		}
		g, err := rewriteGraph(f.bytes, weights)
		if err != nil {
			return nil, err
		}
		out = appendBytes(out, modelGraph, g)
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		entry := appendBytes(appendBytes(nil, entryKey, []byte(key)), entryValue, []byte(metadata[key]))
		out = appendBytes(out, modelMetadata, entry)
	}
	return out, nil
}

func rewriteGraph(data []byte, weights map[string]tensor) ([]byte, error) {
	fields, err := parse(data)
	if err != nil {
		return nil, err
	}
	uses, err := shapeUses(fields)
	if err != nil {
		return nil, err
	}
	var head, nodes, initializers []byte
	counted := false // the batch is counted by a node
	for _, f := range fields {
		switch f.number {
		case graphNode:
			nodes = append(nodes, f.raw...)
		case graphInitializer:
			c, err := parseConstant(f.bytes)
			if err != nil {
				return nil, err
			}
			fresh, more, err := c.free(uses[c.name])
			if err != nil {
				return nil, err
			}
			initializers = append(initializers, fresh...)
			if len(more) > 0 {
				counted = true
				head = append(head, more...)
			}
		case graphInput:
			name, err := stringField(f.bytes, infoName)
			if err != nil {
				return nil, err
			}
			if w, ok := weights[name]; ok {
				initializers = appendBytes(initializers, graphInitializer, w.encode(name))
				continue
			}
			if name != InputName {
				return nil, fmt.Errorf("the graph has an input %q that is neither %s nor a weight", name, InputName)
			}
			info, err := freeBatch(f.bytes)
			if err != nil {
				return nil, err
			}
			initializers = appendBytes(initializers, graphInput, info)
		case graphOutput:
			info, err := freeBatch(f.bytes)
			if err != nil {
				return nil, err
			}
			initializers = appendBytes(initializers, graphOutput, info)
		default:
			initializers = append(initializers, f.raw...)
		}
	}
	if counted {
		head = append(appendBytes(nil, graphNode, countNode()), head...)
	}
	return slices.Concat(head, nodes, initializers), nil
}

// batchName is the value that countNode makes: the batch size, int64 [1].
const batchName = "padapter_batch"

// countNode is Shape(frames), axes 0 to 1.
func countNode() []byte {
	attribute := func(name string, v uint64) []byte {
		a := appendBytes(nil, attrName, []byte(name))
		a = protowire.AppendVarint(protowire.AppendTag(a, attrInt, protowire.VarintType), v)
		return protowire.AppendVarint(protowire.AppendTag(a, attrType, protowire.VarintType), attrTypeInt)
	}
	n := node("Shape", batchName, InputName)
	n = appendBytes(n, nodeAttr, attribute("start", 0))
	return appendBytes(n, nodeAttr, attribute("end", 1))
}

func node(op, output string, inputs ...string) []byte {
	var n []byte
	for _, in := range inputs {
		n = appendBytes(n, nodeInput, []byte(in))
	}
	return appendBytes(appendBytes(n, nodeOutput, []byte(output)), nodeOp, []byte(op))
}

// shapeUses lists, for every value that a node takes as a shape, the kinds of those nodes, and "" for other uses.
func shapeUses(fields []field) (map[string][]string, error) {
	uses := map[string][]string{}
	for _, f := range fields {
		if f.number != graphNode {
			continue
		}
		parts, err := parse(f.bytes)
		if err != nil {
			return nil, err
		}
		op, at := "", 0
		for _, p := range parts {
			if p.number == nodeOp {
				op = string(p.bytes)
			}
		}
		for _, p := range parts {
			if p.number != nodeInput {
				continue
			}
			use := ""
			if at == 1 && (op == "Reshape" || op == "Expand") {
				use = op
			}
			uses[string(p.bytes)] = append(uses[string(p.bytes)], use)
			at++
		}
	}
	return uses, nil
}

// constant is one initializer.
type constant struct {
	name string
	kind uint64
	dims []int64
	raw  []byte
	all  []byte // as it was
}

// free returns the initializer, and nodes if it takes any, in which the batch size is open.
func (c constant) free(uses []string) (initializer, nodes []byte, err error) {
	if slices.ContainsFunc(c.dims, func(d int64) bool { return d%standIn == 0 && d > 0 }) {
		return nil, nil, fmt.Errorf("constant %s has the batch size in its shape", c.name)
	}
	if c.kind != onnxInt64 {
		return appendBytes(nil, graphInitializer, c.all), nil, nil
	}
	var values []int64
	found := -1
	for at := 0; at+8 <= len(c.raw); at += 8 {
		v := int64(binary.LittleEndian.Uint64(c.raw[at:]))
		if v > 0 && v%standIn == 0 {
			if found >= 0 {
				return nil, nil, fmt.Errorf("constant %s has the batch size twice", c.name)
			}
			found = len(values)
		}
		values = append(values, v)
	}
	if found < 0 {
		return appendBytes(nil, graphInitializer, c.all), nil, nil
	}
	reshape := !slices.ContainsFunc(uses, func(use string) bool { return use != "Reshape" })
	expand := !slices.ContainsFunc(uses, func(use string) bool { return use != "Expand" })
	switch {
	case reshape:
		values[found] = -1
		return appendBytes(nil, graphInitializer, integers(c.name, values)), nil, nil
	case expand && values[found] == standIn:
		// shape = batch·where + rest
		where := make([]int64, len(values))
		where[found], values[found] = 1, 0
		initializer = appendBytes(nil, graphInitializer, integers(c.name+"_rest", values))
		initializer = appendBytes(initializer, graphInitializer, integers(c.name+"_where", where))
		nodes = appendBytes(nil, graphNode, node("Mul", c.name+"_batch", c.name+"_where", batchName))
		nodes = appendBytes(nodes, graphNode, node("Add", c.name, c.name+"_batch", c.name+"_rest"))
		return initializer, nodes, nil
	}
	return nil, nil, fmt.Errorf("constant %s holds the batch size where it cannot be left open (used by %v)", c.name, uses)
}

func parseConstant(data []byte) (constant, error) {
	c := constant{all: data}
	fields, err := parse(data)
	if err != nil {
		return c, err
	}
	for _, f := range fields {
		switch f.number {
		case tensorName:
			c.name = string(f.bytes)
		case tensorType:
			c.kind = f.varint
		case tensorRaw:
			c.raw = f.bytes
		case tensorDims:
			if f.kind == protowire.VarintType {
				c.dims = append(c.dims, int64(f.varint))
				continue
			}
			for rest := f.bytes; len(rest) > 0; {
				v, n := protowire.ConsumeVarint(rest)
				if n < 0 {
					return c, fmt.Errorf("read a constant's shape: %w", protowire.ParseError(n))
				}
				c.dims, rest = append(c.dims, int64(v)), rest[n:]
			}
		}
	}
	return c, nil
}

// integers encodes an int64 vector.
func integers(name string, values []int64) []byte {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return encodeTensor(name, onnxInt64, []int{len(values)}, raw)
}

func (t tensor) encode(name string) []byte {
	raw := make([]byte, 0, 4*len(t.values))
	for _, v := range t.values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return encodeTensor(name, onnxFloat, t.shape, raw)
}

func encodeTensor(name string, kind uint64, shape []int, raw []byte) []byte {
	var t []byte
	for _, d := range shape {
		t = protowire.AppendVarint(protowire.AppendTag(t, tensorDims, protowire.VarintType), uint64(d))
	}
	t = protowire.AppendVarint(protowire.AppendTag(t, tensorType, protowire.VarintType), kind)
	return appendBytes(appendBytes(t, tensorName, []byte(name)), tensorRaw, raw)
}

// freeBatch gives the first axis of an input or output the name batch in place of its length.
func freeBatch(info []byte) ([]byte, error) {
	return replaceAt(info, []protowire.Number{infoType, typeTensor, tensorTypeShape, shapeDimension}, func([]byte) []byte {
		return appendBytes(nil, dimensionName, []byte("batch"))
	})
}
