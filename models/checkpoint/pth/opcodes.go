package pth

import (
	"encoding/binary"
	"fmt"
	"math"

	"padapter/models/checkpoint/safetensors"
)

// The opcodes of Python's pickle protocol 2 that files of tensors need.
const (
	opProto, opStop          = '\x80', '.'
	opMark, opTuple          = '(', 't'
	opEmptyTuple, opReduce   = ')', 'R'
	opEmptyDict, opEmptyList = '}', ']'
	opSetItems, opAppends    = 'u', 'e'
	opNone, opTrue, opFalse  = 'N', '\x88', '\x89'
	opInt, opLong, opText    = 'J', '\x8a', 'X'
	opGlobal, opPersistentID = 'c', 'Q'
)

// pickle is the content of a pickle file.
type pickle []byte

func newPickle() pickle { return pickle{opProto, 2} }

func (p *pickle) op(codes ...byte) { *p = append(*p, codes...) }

func (p *pickle) text(s string) {
	*p = append(binary.LittleEndian.AppendUint32(append(*p, opText), uint32(len(s))), s...)
}

func (p *pickle) int(v int) {
	*p = binary.LittleEndian.AppendUint32(append(*p, opInt), uint32(int32(v)))
}

func (p *pickle) class(module, name string) {
	*p = append(append(*p, opGlobal), module+"\n"+name+"\n"...)
}

// ordered appends an empty OrderedDict.
func (p *pickle) ordered() {
	p.class("collections", "OrderedDict")
	p.op(opEmptyTuple, opReduce)
}

func (p *pickle) ints(values []int) {
	p.op(opMark)
	for _, v := range values {
		p.int(v)
	}
	p.op(opTuple)
}

// model appends {"model": {name: tensor}}. The values of tensor i are in storage i.
func (p *pickle) model(tensors []safetensors.Tensor, legacy bool) error {
	p.op(opEmptyDict, opMark)
	p.text("model")
	p.ordered()
	p.op(opMark)
	for i, t := range tensors {
		stride := make([]int, len(t.Shape))
		size := 1
		for axis := len(t.Shape) - 1; axis >= 0; axis-- {
			stride[axis] = size
			size *= t.Shape[axis]
		}
		if size != len(t.Values) || size > math.MaxInt32 {
			return fmt.Errorf("tensor %s has %d values for shape %v: they must agree and be at most %d", t.Name, len(t.Values), t.Shape, math.MaxInt32)
		}
		p.text(t.Name)
		p.class("torch._utils", "_rebuild_tensor_v2")
		p.op(opMark)
		p.op(opMark)
		p.text("storage")
		p.class("torch", "FloatStorage")
		p.text(key(i))
		p.text("cpu")
		p.int(size)
		if legacy {
			p.op(opNone) // the storage is no view of another
		}
		p.op(opTuple, opPersistentID)
		p.int(0)
		p.ints(t.Shape)
		p.ints(stride)
		p.op(opFalse) // needs no gradient
		p.ordered()   // no hooks
		p.op(opTuple, opReduce)
	}
	p.op(opSetItems, opSetItems, opStop)
	return nil
}

func key(storage int) string { return fmt.Sprint(storage) }
