package backend

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"

	"padapter/models/backend/selftest"
)

// Choices are the valid values of the --backend flag.
var Choices = []string{"auto", "openvino", "onnx", "xla", "go"}

// Backend is an open engine.
type Backend struct {
	Compute compute.Backend // what graphs are compiled for
	Engine  string          // "openvino", "onnx", "xla" or "go"
	Why     string          // a human-readable reason for the choice

	Precision Precision // of matrix products
	Devices   int       // on which graphs run at once, at least 1

	about       About
	rounds      bool // see RoundsInGraph
	accelerated bool // graphs run on an accelerator
}

// Settings say which engine to open and how it computes.
type Settings struct {
	Engine    string    // one of Choices
	Precision Precision // of matrix products; "" means Float32
	Training  bool      // graphs take optimizer steps: what lies between products stays float32
	Devices   string    // on which graphs run at once: a number, or AllDevices for as many as the engine has; "" means 1
}

// OnProcessors reports whether graphs run on the CPU, which decoding shares.
func (b *Backend) OnProcessors() bool { return !b.accelerated }

// About says what an engine runs on.
type About struct {
	What     string   `json:"-"`                  // in a few words
	Platform string   `json:"platform,omitempty"` // "cpu", "cuda" and the like
	Version  string   `json:"version,omitempty"`  // of its library
	Devices  []string `json:"devices,omitempty"`  // one line each
}

// engine is one engine that can be opened.
type engine struct {
	name        string
	open        func(Settings) (compute.Backend, About, error)
	accelerated func() bool // reports whether it would run on an accelerator; nil: it does not
	heeds       bool        // it computes as the settings say, so that other settings need another backend
}

// engines lists the engines, fastest first where all run on the CPU.
var engines = []engine{
	{name: "openvino", open: openOpenVINO, heeds: true},
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

// OpenWith opens an engine. "auto" opens the first that starts, computes in the precision and has the devices, of XLA with an
// accelerator, OpenVINO, ONNX Runtime, XLA on processors and pure Go. It returns an error when the name is unknown, the
// engine cannot be opened or lacks the precision or the devices.
func OpenWith(settings Settings) (*Backend, error) {
	choice := settings.Engine
	if err := CheckDevices(settings.Devices); err != nil {
		return nil, fmt.Errorf("open backend %s: %w", choice, err)
	}
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
		err := checkPrecision(e, settings.Precision)
		var b *Backend
		if err == nil {
			b, err = start(e, settings)
		}
		settled := Backend{}
		if err == nil {
			settled = *b
			settled.Compute, settled.Devices, err = group(b, settings.Devices)
		}
		if err == nil {
			why := b.Why + ", as asked"
			if choice == "auto" {
				why = b.Why
				if len(refused) > 0 {
					why += "; " + strings.Join(refused, "; ")
				}
			}
			settled.Why, settled.Precision, settled.rounds = why, settings.Precision, roundsInGraph(e.name, settings)
			return &settled, nil
		}
		if choice != "auto" {
			return nil, fmt.Errorf("open backend %s: %w", e.name, err)
		}
		refused = append(refused, fmt.Sprintf("no %s: %v", e.name, err))
	}
	return nil, fmt.Errorf("open backend: none starts: %s", strings.Join(refused, "; "))
}

// start opens an engine or returns the one that is already open. The caller holds mu.
func start(e engine, settings Settings) (b *Backend, err error) {
	key := e.name
	if e.heeds {
		key = fmt.Sprint(e.name, settings.Precision, roundsInGraph(e.name, settings))
	}
	if b := opened[key]; b != nil {
		return b, nil
	}
	defer func() { // some engines panic when their native library is missing or broken
		if r := recover(); r != nil {
			b, err = nil, fmt.Errorf("the engine failed to start: %v", r)
		}
	}()
	raw, about, err := e.open(settings)
	if err != nil {
		return nil, firstLine(err)
	}
	if e.name != "go" { // the reference of the test
		if err := selftest.Prove(raw, selftest.Subject{Engine: e.name, Version: about.Version, Devices: about.Devices, BFloat16: e.heeds && settings.Precision == BFloat16 && !roundsInGraph(e.name, settings)}); err != nil {
			return nil, firstLine(err)
		}
	}
	b = &Backend{Compute: raw, Engine: e.name, Why: about.What, about: about, accelerated: e.accelerated != nil && e.accelerated()}
	opened[key] = b
	return b, nil
}

// firstLine drops the stack trace that some engines append to their errors.
func firstLine(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("%s", text)
}
