package export

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a protocol buffer message: its value, and all of it as it was.
type field struct {
	number protowire.Number
	kind   protowire.Type
	varint uint64
	bytes  []byte
	raw    []byte
}

// parse takes a message apart.
func parse(data []byte) ([]field, error) {
	var fields []field
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return nil, fmt.Errorf("read the engine's ONNX file: %w", protowire.ParseError(n))
		}
		f := field{number: number, kind: kind}
		m := 0
		switch kind {
		case protowire.VarintType:
			f.varint, m = protowire.ConsumeVarint(data[n:])
		case protowire.BytesType:
			f.bytes, m = protowire.ConsumeBytes(data[n:])
		default:
			m = protowire.ConsumeFieldValue(number, kind, data[n:])
		}
		if m < 0 {
			return nil, fmt.Errorf("read the engine's ONNX file: %w", protowire.ParseError(m))
		}
		f.raw = data[:n+m]
		fields = append(fields, f)
		data = data[n+m:]
	}
	return fields, nil
}

func appendBytes(to []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
}

// stringField is the message's string field of that number, or "".
func stringField(data []byte, number protowire.Number) (string, error) {
	fields, err := parse(data)
	if err != nil {
		return "", err
	}
	for _, f := range fields {
		if f.number == number {
			return string(f.bytes), nil
		}
	}
	return "", nil
}

// replaceAt replaces the first message at a path of fields.
func replaceAt(data []byte, path []protowire.Number, with func(old []byte) []byte) ([]byte, error) {
	if len(path) == 0 {
		return with(data), nil
	}
	fields, err := parse(data)
	if err != nil {
		return nil, err
	}
	var out []byte
	done := false
	for _, f := range fields {
		if done || f.number != path[0] || f.kind != protowire.BytesType {
			out = append(out, f.raw...)
			continue
		}
		inner, err := replaceAt(f.bytes, path[1:], with)
		if err != nil {
			return nil, err
		}
		out, done = appendBytes(out, path[0], inner), true
	}
	if !done {
		return nil, fmt.Errorf("read the engine's ONNX file: field %d is not there", path[0])
	}
	return out, nil
}
