//go:build linux && amd64 && cgo

package openvino

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"padapter/models/backend/recorded"
)

// executable is a graph that the library compiles at its first execution, and once more for every frozen input that is
// replaced afterwards.
type executable struct {
	backend    *Backend
	name       string
	parameters []*recorded.Node
	results    []*recorded.Node
	host       *host // nil when the library computes everything

	mu       sync.Mutex
	model    *model
	variable map[int]bool    // inputs that were replaced after they had been frozen
	frozen   map[int]*buffer // inputs that are constants of the model
	kept     []*memory       // constants of the model
	inputs   []input         // of the model
	outputs  []output        // by result
	spare    map[int][]*memory
}

// input is an input of the model and the tensor that it takes.
type input struct {
	name  string
	index int  // of the parameter, or of the host's value
	host  bool // it takes a value of the host
}

// output says where a result comes from.
type output struct {
	name  string // of the model's output; empty when another field says
	input int    // index of the parameter that it is, -1 if none
	value int    // index of the host's value that it is, -1 if none
}

func (x *executable) Inputs() (names []string, inputs []shapes.Shape) {
	for _, p := range x.parameters {
		names, inputs = append(names, p.Args.(recorded.ParameterArgs).Name), append(inputs, p.Shape)
	}
	return names, inputs
}

func (x *executable) Outputs() []shapes.Shape {
	list := make([]shapes.Shape, len(x.results))
	for i, r := range x.results {
		list[i] = r.Shape
	}
	return list
}

// Execute runs the graph. Donated inputs are finalized.
func (x *executable) Execute(inputs []compute.Buffer, donate []bool, _ compute.DeviceNum) ([]compute.Buffer, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	outputs, err := x.execute(inputs, donate)
	if err != nil {
		return nil, fmt.Errorf("OpenVINO: run graph %s: %w", x.name, err)
	}
	return outputs, nil
}

func (x *executable) execute(inputs []compute.Buffer, donate []bool) ([]compute.Buffer, error) {
	if len(inputs) != len(x.parameters) {
		return nil, fmt.Errorf("%d inputs were given, it has %d", len(inputs), len(x.parameters))
	}
	own := make([]*buffer, len(inputs))
	for i, in := range inputs {
		b, ok := in.(*buffer)
		if !ok || b.backend != x.backend {
			return nil, fmt.Errorf("input %d belongs to another backend", i)
		}
		if b.memory == nil {
			return nil, fmt.Errorf("input %d: %w", i, errFinalized)
		}
		if !b.shape.Equal(x.parameters[i].Shape) {
			return nil, fmt.Errorf("input %d is %s, want %s", i, b.shape, x.parameters[i].Shape)
		}
		own[i] = b
	}
	if err := x.prepare(own, donate); err != nil {
		return nil, err
	}
	outputs, err := x.run(own)
	for i, b := range own {
		if i < len(donate) && donate[i] {
			x.recycle(b)
		}
	}
	return outputs, err
}

// prepare compiles the graph if that was not done yet or a frozen input was replaced.
func (x *executable) prepare(inputs []*buffer, donate []bool) error {
	replaced := x.model == nil && x.outputs == nil
	for i, b := range x.frozen {
		if inputs[i].memory != b.memory {
			if x.variable == nil {
				x.variable = map[int]bool{}
			}
			x.variable[i], replaced = true, true
		}
	}
	if !replaced {
		return nil
	}
	x.release()
	frozen := map[int]*buffer{}
	for i, b := range inputs {
		if donated := i < len(donate) && donate[i]; b.frozen && !donated && !x.variable[i] {
			frozen[i] = b
		}
	}
	if err := x.compile(frozen); err != nil {
		x.release() // the next execution compiles again
		return err
	}
	return nil
}

// compile writes the graph with constants for the frozen inputs and compiles it.
//
// Equal graphs have the same text whatever the order of their parameters and results: how the library fuses operations,
// and so the last bits of what it computes, depends on the order and the names in the text.
func (x *executable) compile(frozen map[int]*buffer) error {
	w := newLowering(frozen)
	if x.host != nil {
		for i, n := range x.host.values {
			w.given[n] = i
		}
	}
	outputs := make([]output, len(x.results))
	order := make([]int, len(x.results))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x.results[a].Number, x.results[b].Number) })
	var results []*layer
	for _, i := range order {
		n := x.results[i]
		outputs[i] = output{input: -1, value: -1}
		if v, ok := w.given[n]; ok {
			outputs[i].value = v
			continue
		}
		if a, ok := n.Args.(recorded.ParameterArgs); ok {
			outputs[i].input = a.Index
			continue
		}
		r, err := w.value(n)
		if err != nil {
			return err
		}
		if len(r.names) == 0 { // otherwise another result is the same value
			r.names = []string{"r" + strconv.Itoa(len(results))}
			results = append(results, r)
		}
		outputs[i].name = r.names[0]
	}
	w.settle(x.backend.sharesConstants)
	x.outputs, x.inputs, x.frozen = outputs, w.inputs, map[int]*buffer{}
	if len(results) == 0 {
		return nil
	}
	return x.build(w, results, frozen)
}

// build lays out the constants and has the library compile the graph.
func (x *executable) build(w *lowering, results []*layer, frozen map[int]*buffer) (err error) {
	own, err := newMemory(w.literals.Len())
	if err != nil {
		return err
	}
	copy(own.bytes(), w.literals.Bytes())
	x.kept = append(x.kept, own)
	addresses := map[*layer]uintptr{}
	lowest, highest := uintptr(own.address), uintptr(own.address)+uintptr(max(own.size, 1))
	place := func(m *memory) uintptr {
		at := uintptr(m.address)
		lowest, highest = min(lowest, at), max(highest, at+uintptr(m.size))
		return at
	}
	for _, c := range w.list {
		switch {
		case c.kind != "Const":
		case c.copied != nil:
			from := own.bytes()[max(c.copied.offset, 0):]
			if c.copied.shared != nil {
				from = c.copied.shared.bytes()
			}
			m, err := newMemory(c.size)
			if err != nil {
				return fmt.Errorf("copy a weight for its transpose: %w", err)
			}
			copy(m.bytes(), from)
			x.kept = append(x.kept, m)
			addresses[c] = place(m)
		case c.shared != nil:
			x.kept = append(x.kept, c.shared.retain())
			addresses[c] = place(c.shared)
		default:
			addresses[c] = uintptr(own.address) + uintptr(c.offset)
		}
	}
	text, err := w.text(x.name, results, func(c *layer) uintptr { return addresses[c] - lowest })
	if err != nil {
		return err
	}
	base := unsafe.Add(own.address, -int(uintptr(own.address)-lowest))
	x.model, err = x.backend.library.compile(text, base, highest-lowest, x.backend.options.properties())
	if err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	for i, b := range frozen {
		x.frozen[i] = &buffer{backend: b.backend, shape: b.shape, memory: b.memory}
	}
	return nil
}

// run binds inputs and outputs and runs the model.
func (x *executable) run(inputs []*buffer) (results []compute.Buffer, err error) {
	var values []*buffer
	if x.host != nil {
		if values, err = x.host.run(x.backend, inputs); err != nil {
			return nil, err
		}
		defer func() {
			for _, v := range values {
				err = errors.Join(err, v.Finalize())
			}
		}()
	}
	made := make([]*buffer, len(x.results))
	defer func() {
		if err != nil {
			for _, m := range made {
				if m != nil {
					_ = m.Finalize() // freeing memory cannot fail
				}
			}
		}
	}()
	bound := map[string]*buffer{}
	for i, n := range x.results {
		if made[i], err = x.newOutput(n.Shape); err != nil {
			return nil, err
		}
		from := x.outputs[i]
		switch {
		case from.input >= 0:
			copy(made[i].memory.bytes(), inputs[from.input].memory.bytes())
		case from.value >= 0:
			copy(made[i].memory.bytes(), values[from.value].memory.bytes())
		case bound[from.name] == nil:
			bound[from.name] = made[i]
			if err := x.model.bind(from.name, made[i]); err != nil {
				return nil, err
			}
		}
	}
	if x.model != nil {
		for _, in := range x.inputs {
			b := inputs
			if in.host {
				b = values
			}
			if err := x.model.bind(in.name, b[in.index]); err != nil {
				return nil, err
			}
		}
		if err := x.model.run(); err != nil {
			return nil, err
		}
	}
	results = make([]compute.Buffer, len(made))
	for i, m := range made {
		if same := bound[x.outputs[i].name]; same != nil && same != m {
			copy(m.memory.bytes(), same.memory.bytes())
		}
		results[i] = m
	}
	return results, nil
}

// newOutput returns a buffer, in memory that was donated earlier if there is some of its size.
func (x *executable) newOutput(shape shapes.Shape) (*buffer, error) {
	size := int(shape.ByteSize())
	if list := x.spare[size]; len(list) > 0 {
		m := list[len(list)-1]
		x.spare[size] = list[:len(list)-1]
		return &buffer{backend: x.backend, shape: shape, memory: m}, nil
	}
	return x.backend.newBuffer(shape)
}

// recycle takes a donated buffer's memory for outputs of later executions.
func (x *executable) recycle(b *buffer) {
	if b.memory == nil {
		return
	}
	if b.memory.only() {
		if x.spare == nil {
			x.spare = map[int][]*memory{}
		}
		x.spare[b.memory.size] = append(x.spare[b.memory.size], b.memory)
	} else {
		b.memory.release()
	}
	b.memory = nil
}

// release frees the model and lets go of its constants.
func (x *executable) release() {
	if x.model != nil {
		x.model.close()
		x.model = nil
	}
	for _, m := range x.kept {
		m.release()
	}
	x.kept, x.frozen, x.outputs = nil, nil, nil
}

// Finalize frees the compiled graph.
func (x *executable) Finalize() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.release()
	for _, list := range x.spare {
		for _, m := range list {
			m.release()
		}
	}
	x.spare = nil
	if x.host != nil {
		x.host.close()
		x.host = nil
	}
}
