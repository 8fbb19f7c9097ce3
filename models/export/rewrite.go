package export

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/proto"

	"padapter/models/export/onnxpb"
)

// tensor is a float32 tensor.
type tensor struct {
	shape  []int
	values []float32
}

// rewrite turns a graph for a batch of standIn with weights as inputs into one for any batch with weights in it.
func rewrite(file []byte, weights map[string]tensor, metadata map[string]string) ([]byte, error) {
	var m onnxpb.ModelProto
	if err := proto.Unmarshal(file, &m); err != nil {
		return nil, fmt.Errorf("read the engine's ONNX file: %w", err)
	}
	if m.Graph == nil {
		return nil, errors.New("the engine's ONNX file has no graph")
	}
	if err := rewriteGraph(m.Graph, weights); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		m.MetadataProps = append(m.MetadataProps, &onnxpb.StringStringEntryProto{Key: proto.String(key), Value: proto.String(metadata[key])})
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(&m)
}

func rewriteGraph(g *onnxpb.GraphProto, weights map[string]tensor) error {
	uses := shapeUses(g.Node)
	var initializers []*onnxpb.TensorProto
	var computed []*onnxpb.NodeProto // of shapes that depend on the batch size
	for _, constant := range g.Initializer {
		open, nodes, err := openConstant(constant, uses[constant.GetName()])
		if err != nil {
			return err
		}
		initializers, computed = append(initializers, open...), append(computed, nodes...)
	}
	var inputs []*onnxpb.ValueInfoProto
	for _, in := range g.Input {
		name := in.GetName()
		if w, ok := weights[name]; ok {
			initializers = append(initializers, w.proto(name))
			continue
		}
		if name != InputName {
			return fmt.Errorf("the graph has an input %q that is neither %s nor a weight", name, InputName)
		}
		inputs = append(inputs, in)
	}
	for _, info := range slices.Concat(inputs, g.Output) {
		if err := openBatch(info); err != nil {
			return err
		}
	}
	if len(computed) > 0 {
		computed = append([]*onnxpb.NodeProto{batchNode()}, computed...)
	}
	g.Input, g.Initializer, g.Node = inputs, initializers, append(computed, g.Node...)
	return nil
}

// batchName is the value that batchNode makes: the batch size, int64 [1].
const batchName = "padapter_batch"

// batchNode is Shape(frames), axes 0 to 1.
func batchNode() *onnxpb.NodeProto {
	n := node("Shape", batchName, InputName)
	for i, name := range []string{"start", "end"} {
		n.Attribute = append(n.Attribute, &onnxpb.AttributeProto{Name: proto.String(name), I: proto.Int64(int64(i)), Type: onnxpb.AttributeProto_INT.Enum()})
	}
	return n
}

func node(op, output string, inputs ...string) *onnxpb.NodeProto {
	return &onnxpb.NodeProto{OpType: proto.String(op), Input: inputs, Output: []string{output}}
}

// shapeUses lists, for every value that a node takes as a shape, the kinds of those nodes, and "" for other uses.
func shapeUses(nodes []*onnxpb.NodeProto) map[string][]string {
	uses := map[string][]string{}
	for _, n := range nodes {
		for i, in := range n.Input {
			use := ""
			if op := n.GetOpType(); i == 1 && (op == "Reshape" || op == "Expand") {
				use = op
			}
			uses[in] = append(uses[in], use)
		}
	}
	return uses
}

// openConstant returns the initializers, and nodes if it takes any, that stand for a constant in which the batch size is
// open.
func openConstant(c *onnxpb.TensorProto, uses []string) (initializers []*onnxpb.TensorProto, nodes []*onnxpb.NodeProto, err error) {
	name := c.GetName()
	if slices.ContainsFunc(c.Dims, func(d int64) bool { return d%standIn == 0 && d > 0 }) {
		return nil, nil, fmt.Errorf("constant %s has the batch size in its shape", name)
	}
	same := []*onnxpb.TensorProto{c}
	if c.GetDataType() != int32(onnxpb.TensorProto_INT64) {
		return same, nil, nil
	}
	var values []int64
	found := -1
	for raw := c.RawData; len(raw) >= 8; raw = raw[8:] {
		v := int64(binary.LittleEndian.Uint64(raw))
		if v > 0 && v%standIn == 0 {
			if found >= 0 {
				return nil, nil, fmt.Errorf("constant %s has the batch size twice", name)
			}
			found = len(values)
		}
		values = append(values, v)
	}
	if found < 0 {
		return same, nil, nil
	}
	reshape := !slices.ContainsFunc(uses, func(use string) bool { return use != "Reshape" })
	expand := !slices.ContainsFunc(uses, func(use string) bool { return use != "Expand" })
	switch {
	case reshape:
		values[found] = -1
		return []*onnxpb.TensorProto{integers(name, values)}, nil, nil
	case expand && values[found] == standIn:
		// shape = batch·where + rest
		where := make([]int64, len(values))
		where[found], values[found] = 1, 0
		return []*onnxpb.TensorProto{integers(name+"_rest", values), integers(name+"_where", where)},
			[]*onnxpb.NodeProto{node("Mul", name+"_batch", name+"_where", batchName), node("Add", name, name+"_batch", name+"_rest")}, nil
	}
	return nil, nil, fmt.Errorf("constant %s holds the batch size where it cannot be left open (used by %v)", name, uses)
}

// integers is an int64 vector.
func integers(name string, values []int64) *onnxpb.TensorProto {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return tensorOf(name, onnxpb.TensorProto_INT64, []int{len(values)}, raw)
}

func (t tensor) proto(name string) *onnxpb.TensorProto {
	raw := make([]byte, 0, 4*len(t.values))
	for _, v := range t.values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return tensorOf(name, onnxpb.TensorProto_FLOAT, t.shape, raw)
}

func tensorOf(name string, kind onnxpb.TensorProto_DataType, shape []int, raw []byte) *onnxpb.TensorProto {
	t := &onnxpb.TensorProto{Name: proto.String(name), DataType: proto.Int32(int32(kind)), RawData: raw}
	for _, d := range shape {
		t.Dims = append(t.Dims, int64(d))
	}
	return t
}

// openBatch gives the first axis of an input or output the name batch in place of its length.
func openBatch(info *onnxpb.ValueInfoProto) error {
	axes := info.GetType().GetTensorType().GetShape().GetDim()
	if len(axes) == 0 {
		return fmt.Errorf("%s has no axes in the engine's ONNX file", info.GetName())
	}
	axes[0].Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "batch"}
	return nil
}
