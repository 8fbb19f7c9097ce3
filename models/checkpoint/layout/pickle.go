package layout

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/pytorch"
	"github.com/nlpodyssey/gopickle/types"
)

// pickled holds the tensors of a PyTorch pickle.
type pickled struct {
	path    string
	tensors map[string]*pytorch.Tensor
}

// openPickle reads a pickle and finds the dictionary of tensors: the root object, or its entry "model", "module",
// "state_dict" or "model_state_dict".
func openPickle(path string) (p *pickled, err error) {
	defer func() { // the library panics on some damaged files
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("open weights %s: the pickle is damaged: %v", path, r)
		}
	}()
	root, err := pytorch.LoadWithUnpickler(path, func(r io.Reader) pickle.Unpickler {
		u := pickle.NewUnpickler(r)
		u.FindClass = findClass
		return u
	})
	if err != nil {
		return nil, fmt.Errorf("open weights %s: %w", path, err)
	}
	dict := root
	for _, key := range []string{"model", "module", "state_dict", "model_state_dict"} {
		if inner, ok := lookup(dict, key); ok && entries(inner) != nil {
			dict = inner
			break
		}
	}
	p = &pickled{path: path, tensors: map[string]*pytorch.Tensor{}}
	for name, value := range entries(dict) {
		if t, ok := value.(*pytorch.Tensor); ok {
			p.tensors[name] = t
		}
	}
	if len(p.tensors) == 0 {
		return nil, fmt.Errorf("open weights %s: it holds no dictionary of tensors, by itself or under model, module or state_dict", path)
	}
	return p, nil
}

// findClass replaces every class in a pickle, except PyTorch's tensors, by a stub that accepts any arguments and does
// nothing.
func findClass(module, name string) (any, error) {
	if module == "torch._utils" && name == "_rebuild_parameter" {
		return parameter{}, nil
	}
	return &inert{}, nil
}

// parameter stands for torch.nn.Parameter: its first argument is the tensor.
type parameter struct{}

// Call returns the tensor.
func (parameter) Call(args ...any) (any, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("a parameter without a tensor")
	}
	return args[0], nil
}

// inert is an object of an unknown class.
type inert struct{}

var (
	_ types.Callable       = &inert{}
	_ types.PyNewable      = &inert{}
	_ types.PyDictSettable = &inert{}
)

// Call makes another.
func (*inert) Call(...any) (any, error) { return &inert{}, nil }

// PyNew makes another.
func (*inert) PyNew(...any) (any, error) { return &inert{}, nil }

// PySetState forgets the state.
func (*inert) PySetState(any) error { return nil }

// PyDictSet forgets the attribute.
func (*inert) PyDictSet(_, _ any) error { return nil }

// Set forgets the item.
func (*inert) Set(_, _ any) {}

// Append forgets the item.
func (*inert) Append(any) {}

func lookup(dict any, key string) (any, bool) {
	v, ok := entries(dict)[key]
	return v, ok
}

// entries returns the items of a dictionary with string keys, or nil for anything else.
func entries(dict any) map[string]any {
	switch d := dict.(type) {
	case *types.Dict:
		all := map[string]any{}
		for _, e := range *d {
			if key, ok := e.Key.(string); ok {
				all[key] = e.Value
			}
		}
		return all
	case *types.OrderedDict:
		all := map[string]any{}
		for key, e := range d.Map {
			if key, ok := key.(string); ok {
				all[key] = e.Value
			}
		}
		return all
	}
	return nil
}

// Names lists the tensors, sorted.
func (p *pickled) Names() []string { return slices.Sorted(maps.Keys(p.tensors)) }

// Shape returns a tensor's shape.
func (p *pickled) Shape(name string) ([]int, bool) {
	t, ok := p.tensors[name]
	if !ok {
		return nil, false
	}
	return slices.Clone(t.Size), true
}

// Float32 returns a tensor's values, row-major.
func (p *pickled) Float32(name string) ([]float32, error) {
	t, ok := p.tensors[name]
	if !ok {
		return nil, fmt.Errorf("%s has no tensor %s", p.path, name)
	}
	at, stored := valuesOf(t.Source)
	if at == nil {
		return nil, fmt.Errorf("%s: tensor %s is of a type that holds no weights (%T)", p.path, name, t.Source)
	}
	if len(t.Stride) != len(t.Size) {
		return nil, fmt.Errorf("%s: tensor %s has %d strides for %d axes", p.path, name, len(t.Stride), len(t.Size))
	}
	size, last := 1, t.StorageOffset
	for i, d := range t.Size {
		if d < 0 || t.Stride[i] < 0 || (d > 0 && size > stored/d) {
			return nil, fmt.Errorf("%s: tensor %s of shape %v does not fit into its storage of %d values", p.path, name, t.Size, stored)
		}
		size *= d
		last += (d - 1) * t.Stride[i]
	}
	if size == 0 {
		return nil, nil
	}
	if t.StorageOffset < 0 || last < 0 || last >= stored {
		return nil, fmt.Errorf("%s: tensor %s reads beyond its storage of %d values", p.path, name, stored)
	}
	out := make([]float32, size)
	index := make([]int, len(t.Size))
	from := t.StorageOffset
	for i := range out {
		out[i] = at(from)
		for axis := len(index) - 1; axis >= 0; axis-- {
			index[axis]++
			from += t.Stride[axis]
			if index[axis] < t.Size[axis] {
				break
			}
			from -= index[axis] * t.Stride[axis]
			index[axis] = 0
		}
	}
	return out, nil
}

// valuesOf returns a function that reads a storage, and its number of values. It returns nil for storages without
// numbers.
func valuesOf(s pytorch.StorageInterface) (func(i int) float32, int) {
	switch s := s.(type) {
	case *pytorch.FloatStorage:
		return func(i int) float32 { return s.Data[i] }, len(s.Data)
	case *pytorch.HalfStorage:
		return func(i int) float32 { return s.Data[i] }, len(s.Data)
	case *pytorch.BFloat16Storage:
		return func(i int) float32 { return s.Data[i] }, len(s.Data)
	case *pytorch.DoubleStorage:
		return func(i int) float32 { return float32(s.Data[i]) }, len(s.Data)
	case *pytorch.LongStorage:
		return func(i int) float32 { return float32(s.Data[i]) }, len(s.Data)
	case *pytorch.IntStorage:
		return func(i int) float32 { return float32(s.Data[i]) }, len(s.Data)
	}
	return nil, 0
}

// Close does nothing: the file is closed already.
func (p *pickled) Close() error { return nil }
