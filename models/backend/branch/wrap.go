package branch

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// flag is the input that Wrap appends: bool [1], always true.
const flag = "branch_flag"

// The other names that Wrap adds.
const (
	sequence = "branch_sequence"
	zero     = "branch_zero"
	element  = "branch_element"
	unused   = "branch_unused"
)

// Field numbers and values of onnx.proto.
const (
	modelGraph                                = 7
	graphNode, graphName, graphInitializer    = 1, 2, 5
	graphInput, graphOutput                   = 11, 12
	nodeInput, nodeOutput, nodeOp, nodeAttr   = 1, 2, 4, 5
	attrName, attrTensor, attrGraph, attrType = 1, 5, 6, 20
	attrTypeTensor, attrTypeGraph             = 4, 5
	tensorDims, tensorType, tensorName, raw   = 1, 2, 8, 9
	infoName, infoType                        = 1, 2
	typeTensor, elementType, typeShape, dim   = 1, 1, 2, 1
	dimensionValue                            = 1
	onnxInt64, onnxBool                       = 7, 9
)

// Wrap returns the model with its graph inside of a branch: the same inputs and flag behind them, the same outputs in the
// same order under names of their own.
func Wrap(model []byte) ([]byte, error) {
	var out []byte
	found := false
	err := each(model, func(number protowire.Number, value, raw []byte) error {
		if number != modelGraph {
			out = append(out, raw...)
			return nil
		}
		g, err := wrapGraph(value)
		out, found = appendBytes(out, modelGraph, g), true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("put an ONNX graph into a branch: %w", err)
	}
	if !found {
		return nil, errors.New("put an ONNX graph into a branch: the model has no graph")
	}
	return out, nil
}

func wrapGraph(graph []byte) ([]byte, error) {
	var inputs, then, otherwise, outer, outputs []byte
	var results []string
	made := map[string]bool{}
	err := each(graph, func(number protowire.Number, value, raw []byte) error {
		switch number {
		case graphNode:
			then = append(then, raw...)
			return each(value, func(number protowire.Number, value, _ []byte) error {
				if number == nodeOutput {
					made[string(value)] = true
				}
				return nil
			})
		case graphInput:
			inputs = append(inputs, raw...)
		case graphOutput:
			then = append(then, raw...)
			name, kind, err := describe(value)
			if err != nil {
				return err
			}
			results = append(results, name)
			outer := fmt.Sprintf("branch_output_%d", len(results)-1)
			renamed := appendBytes(nil, infoName, []byte(outer))
			if err := each(value, func(number protowire.Number, _, raw []byte) error {
				if number != infoName {
					renamed = append(renamed, raw...)
				}
				return nil
			}); err != nil {
				return err
			}
			outputs = appendBytes(outputs, graphOutput, renamed)
			otherwise = appendBytes(otherwise, graphNode, nothing("not_"+outer, kind))
			otherwise = appendBytes(otherwise, graphOutput, info("not_"+outer, kind))
		case graphInitializer:
			then = append(then, raw...)
		default:
			outer = append(outer, raw...) // its name above all
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	taken := node("If", []string{flag}, nil)
	for i, name := range results {
		if !made[name] {
			return nil, fmt.Errorf("output %s is not computed by a node", name)
		}
		taken = appendBytes(taken, nodeOutput, fmt.Appendf(nil, "branch_output_%d", i))
	}
	taken = appendBytes(taken, nodeOutput, []byte(unused))
	then = appendBytes(then, graphName, []byte("then"))
	then = appendBytes(then, graphInitializer, scalarZero())
	then = appendBytes(then, graphNode, node("SequenceAt", []string{sequence, zero}, []string{element}))
	then = appendBytes(then, graphOutput, info(element, onnxBool))
	otherwise = appendBytes(otherwise, graphName, []byte("else"))
	otherwise = appendBytes(otherwise, graphNode, nothing("not_"+element, onnxBool))
	otherwise = appendBytes(otherwise, graphOutput, info("not_"+element, onnxBool))
	taken = appendBytes(taken, nodeAttr, graphAttribute("then_branch", then))
	taken = appendBytes(taken, nodeAttr, graphAttribute("else_branch", otherwise))
	outer = appendBytes(outer, graphNode, node("SequenceConstruct", []string{flag}, []string{sequence}))
	outer = appendBytes(outer, graphNode, taken)
	outer = append(outer, inputs...)
	outer = appendBytes(outer, graphInput, info(flag, onnxBool, 1))
	return append(outer, outputs...), nil
}

// describe returns a value's name and element type.
func describe(value []byte) (name string, kind uint64, err error) {
	err = each(value, func(number protowire.Number, value, _ []byte) error {
		switch number {
		case infoName:
			name = string(value)
		case infoType:
			return each(value, func(number protowire.Number, value, _ []byte) error {
				if number != typeTensor {
					return fmt.Errorf("output %s is no tensor", name)
				}
				return each(value, func(number protowire.Number, value, raw []byte) error {
					if number == elementType {
						_, _, n := protowire.ConsumeTag(raw)
						kind, _ = protowire.ConsumeVarint(raw[n:])
					}
					return nil
				})
			})
		}
		return nil
	})
	if err == nil && (name == "" || kind == 0) {
		err = errors.New("an output has no name or no type")
	}
	return name, kind, err
}

// each calls f for every field of a message; value is nil for fields that are not bytes.
func each(message []byte, f func(number protowire.Number, value, raw []byte) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		m := protowire.ConsumeFieldValue(number, kind, message[n:])
		if m < 0 {
			return protowire.ParseError(m)
		}
		var value []byte
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(message[n:])
		}
		if err := f(number, value, message[:n+m]); err != nil {
			return err
		}
		message = message[n+m:]
	}
	return nil
}

func appendBytes(to []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
}

func appendVarint(to []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, number, protowire.VarintType), value)
}

func node(op string, inputs, outputs []string) []byte {
	var n []byte
	for _, in := range inputs {
		n = appendBytes(n, nodeInput, []byte(in))
	}
	for _, out := range outputs {
		n = appendBytes(n, nodeOutput, []byte(out))
	}
	return appendBytes(n, nodeOp, []byte(op))
}

// nothing is a node that makes an empty tensor [0].
func nothing(output string, kind uint64) []byte {
	t := appendVarint(appendVarint(nil, tensorDims, 0), tensorType, kind)
	a := appendBytes(appendBytes(nil, attrName, []byte("value")), attrTensor, t)
	return appendBytes(node("Constant", nil, []string{output}), nodeAttr, appendVarint(a, attrType, attrTypeTensor))
}

// scalarZero is the initializer zero, int64.
func scalarZero() []byte {
	t := appendBytes(appendVarint(nil, tensorType, onnxInt64), tensorName, []byte(zero))
	return appendBytes(t, raw, make([]byte, 8))
}

func graphAttribute(name string, graph []byte) []byte {
	a := appendBytes(appendBytes(nil, attrName, []byte(name)), attrGraph, graph)
	return appendVarint(a, attrType, attrTypeGraph)
}

// info describes a tensor; without dims its shape is open.
func info(name string, kind uint64, dims ...uint64) []byte {
	t := appendVarint(nil, elementType, kind)
	if len(dims) > 0 {
		var shape []byte
		for _, d := range dims {
			shape = appendBytes(shape, dim, appendVarint(nil, dimensionValue, d))
		}
		t = appendBytes(t, typeShape, shape)
	}
	return appendBytes(appendBytes(nil, infoName, []byte(name)), infoType, appendBytes(nil, typeTensor, t))
}
