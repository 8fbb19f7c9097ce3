package backend

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
)

// Choices are the values of a --backend flag.
var Choices = []string{"auto", "onnx", "xla", "go"}

// Backend is a running engine.
type Backend struct {
	Compute compute.Backend // what graphs are compiled for
	Engine  string          // "onnx", "xla" or "go"
	Why     string          // why this one, for people
}

// OnProcessors says that graphs are computed on the machine's processors, which decoding shares.
func (b *Backend) OnProcessors() bool { return b.Engine != "xla" }

// engine is one way of running graphs.
type engine struct {
	name string
	open func() (compute.Backend, string, error) // the engine and what it runs on
}

// engines in the order in which auto tries them: XLA first, since where its plugin is installed there is a device that
// wants it; then ONNX Runtime, about three times as fast as pure Go on a CPU; then pure Go.
var engines = []engine{{"xla", openXLA}, {"onnx", openONNX}, {"go", openGo}}

var (
	mu     sync.Mutex
	opened = map[string]*Backend{}
)

// Open starts the engine of that name; "auto" is the fastest one that starts.
func Open(choice string) (*Backend, error) {
	mu.Lock()
	defer mu.Unlock()
	if !slices.Contains(Choices, choice) {
		return nil, fmt.Errorf("backend %q is unknown: use one of %s", choice, strings.Join(Choices, ", "))
	}
	var refused []string
	for _, e := range engines {
		if choice != "auto" && choice != e.name {
			continue
		}
		b, what, err := start(e)
		if err == nil {
			why := what + ", as asked"
			if choice == "auto" {
				why = what
				if len(refused) > 0 {
					why += "; " + strings.Join(refused, "; ")
				}
			}
			return &Backend{Compute: b.Compute, Engine: e.name, Why: why}, nil
		}
		if choice != "auto" {
			return nil, fmt.Errorf("open backend %s: %w", e.name, err)
		}
		refused = append(refused, fmt.Sprintf("no %s: %v", e.name, err))
	}
	return nil, fmt.Errorf("open backend: none starts: %s", strings.Join(refused, "; "))
}

// start opens an engine, or returns the one that is open already. mu is held.
func start(e engine) (b *Backend, what string, err error) {
	if b := opened[e.name]; b != nil {
		return b, b.Why, nil
	}
	defer func() { // engines are other people's code around native libraries, and some panic where a library is amiss
		if r := recover(); r != nil {
			b, err = nil, fmt.Errorf("the engine failed to start: %v", r)
		}
	}()
	raw, what, err := e.open()
	if err != nil {
		return nil, "", firstLine(err)
	}
	b = &Backend{Compute: raw, Engine: e.name, Why: what}
	opened[e.name] = b
	return b, what, nil
}

// firstLine drops the stack that some engines print with their errors.
func firstLine(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s", text)
}

// Availability says whether an engine can be used here.
type Availability struct {
	Engine string `json:"engine"`
	Usable bool   `json:"usable"`
	Why    string `json:"why"`
}

// Survey tries every engine.
func Survey() []Availability {
	mu.Lock()
	defer mu.Unlock()
	found := make([]Availability, 0, len(engines))
	for _, e := range engines {
		_, what, err := start(e)
		a := Availability{Engine: e.name, Usable: err == nil, Why: what}
		if err != nil {
			a.Why = err.Error()
		}
		found = append(found, a)
	}
	return found
}
