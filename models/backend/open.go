package backend

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
)

// Choices are the valid values of the --backend flag.
var Choices = []string{"auto", "onnx", "xla", "go"}

// Backend is an open engine.
type Backend struct {
	Compute compute.Backend // what graphs are compiled for
	Engine  string          // "onnx", "xla" or "go"
	Why     string          // a human-readable reason for the choice

	Precision Precision // of matrix products

	accelerated bool // graphs run on an accelerator
}

// Settings say which engine to open and how it computes.
type Settings struct {
	Engine    string    // one of Choices
	Precision Precision // of matrix products; "" means Float32
	Threads   int       // that the engine may keep busy; 0 means one per processor. Engines without such a setting ignore it
}

// OnProcessors reports whether graphs run on the CPU, which decoding shares.
func (b *Backend) OnProcessors() bool { return !b.accelerated }

// engine is one engine that can be opened.
type engine struct {
	name        string
	open        func() (compute.Backend, string, error) // returns the engine and a description of what it runs on
	accelerated func() bool                             // reports whether it would run on an accelerator; nil: it does not
}

// engines lists the engines, fastest first where all run on the CPU.
var engines = []engine{
	{name: "onnx", open: openONNX},
	{name: "xla", open: openXLA, accelerated: acceleratedXLA},
	{name: "go", open: openGo},
}

// ranked returns the engines in the order in which auto tries them: those with an accelerator first.
func ranked() []engine {
	var first, rest []engine
	for _, e := range engines {
		if e.accelerated != nil && e.accelerated() {
			first = append(first, e)
		} else {
			rest = append(rest, e)
		}
	}
	return append(first, rest...)
}

var (
	mu     sync.Mutex
	opened = map[string]*Backend{}
)

// Open opens the engine with the given name for computing in float32 on all processors: see OpenWith.
func Open(choice string) (*Backend, error) { return OpenWith(Settings{Engine: choice}) }

// OpenWith opens an engine. "auto" opens the first that starts and computes in the precision, of XLA with an accelerator,
// ONNX Runtime, XLA on processors and pure Go. It returns an error when the name is unknown, the engine cannot be opened or lacks the precision.
func OpenWith(settings Settings) (*Backend, error) {
	choice := settings.Engine
	if settings.Precision == "" {
		settings.Precision = Float32
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Contains(Choices, choice) {
		return nil, fmt.Errorf("backend %q is unknown: use one of %s", choice, strings.Join(Choices, ", "))
	}
	var refused []string
	for _, e := range ranked() {
		if choice != "auto" && choice != e.name {
			continue
		}
		err := checkPrecision(e.name, settings.Precision)
		var b *Backend
		var what string
		if err == nil {
			b, what, err = start(e)
		}
		if err == nil {
			why := what + ", as asked"
			if choice == "auto" {
				why = what
				if len(refused) > 0 {
					why += "; " + strings.Join(refused, "; ")
				}
			}
			return &Backend{Compute: b.Compute, Engine: e.name, Why: why, Precision: settings.Precision, accelerated: b.accelerated}, nil
		}
		if choice != "auto" {
			return nil, fmt.Errorf("open backend %s: %w", e.name, err)
		}
		refused = append(refused, fmt.Sprintf("no %s: %v", e.name, err))
	}
	return nil, fmt.Errorf("open backend: none starts: %s", strings.Join(refused, "; "))
}

// start opens an engine or returns the one that is already open. The caller holds mu.
func start(e engine) (b *Backend, what string, err error) {
	if b := opened[e.name]; b != nil {
		return b, b.Why, nil
	}
	defer func() { // some engines panic when their native library is missing or broken
		if r := recover(); r != nil {
			b, err = nil, fmt.Errorf("the engine failed to start: %v", r)
		}
	}()
	raw, what, err := e.open()
	if err != nil {
		return nil, "", firstLine(err)
	}
	b = &Backend{Compute: raw, Engine: e.name, Why: what, accelerated: e.accelerated != nil && e.accelerated()}
	opened[e.name] = b
	return b, what, nil
}

// firstLine drops the stack trace that some engines append to their errors.
func firstLine(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s", text)
}

// Availability reports whether an engine can be used on this machine.
type Availability struct {
	Engine string `json:"engine"`
	Usable bool   `json:"usable"`
	Why    string `json:"why"`
}

// Survey tries to open every engine and reports the results in the order in which auto tries them.
func Survey() []Availability {
	mu.Lock()
	defer mu.Unlock()
	found := make([]Availability, 0, len(engines))
	for _, e := range ranked() {
		_, what, err := start(e)
		a := Availability{Engine: e.name, Usable: err == nil, Why: what}
		if err != nil {
			a.Why = err.Error()
		}
		found = append(found, a)
	}
	return found
}
