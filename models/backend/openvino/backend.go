//go:build linux && amd64 && cgo

package openvino

import (
	"maps"
	"strconv"
	"sync/atomic"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"padapter/models/backend/recorded"
)

// Options say how graphs are computed.
type Options struct {
	BFloat16 bool // round the operands of matrix products, and values between them, to bfloat16
	Threads  int  // that compute; 0 means one per core
}

// Backend runs graphs with the library's CPU plugin.
type Backend struct {
	library   *library
	options   Options
	finalized atomic.Bool

	sharesConstants bool // lets two products share a square constant, as the library computes wrongly; for a test
}

var _ compute.Backend = (*Backend)(nil)

// Name returns "openvino".
func (b *Backend) Name() string { return "openvino" }

func (b *Backend) String() string { return b.Name() }

// Description names the library and its version.
func (b *Backend) Description() string { return "OpenVINO " + b.Version() }

// Version returns the library's version, such as "2026.4.1".
func (b *Backend) Version() string { return shortVersion(b.library.version) }

// NumDevices returns 1.
func (b *Backend) NumDevices() int { return 1 }

// DeviceDescription returns the processor's name.
func (b *Backend) DeviceDescription(compute.DeviceNum) string {
	name, err := b.library.property("FULL_DEVICE_NAME")
	if err != nil {
		return "CPU"
	}
	return name
}

// Capabilities lists the operations and types of graphs.
func (b *Backend) Capabilities() compute.Capabilities {
	c := compute.Capabilities{Operations: maps.Clone(recorded.Operations), DTypes: map[dtypes.DType]bool{}}
	for dtype := range elements {
		c.DTypes[dtype] = true
	}
	return c
}

// Builder starts a graph.
func (b *Backend) Builder(name string) compute.Builder {
	return recorded.NewBuilder(name, recorded.Engine{Name: "OpenVINO", Capabilities: b.Capabilities(), Compile: b.compile})
}

// compile returns an executable that the library compiles at its first execution.
func (b *Backend) compile(g *recorded.Graph) (compute.Executable, error) {
	x := &executable{backend: b, name: g.Name, parameters: g.Parameters, results: g.Results}
	var err error
	x.host, err = newHost(g)
	return x, err
}

// Finalize marks the backend as unusable. The library stays loaded until the process ends.
func (b *Backend) Finalize() { b.finalized.Store(true) }

// IsFinalized reports whether Finalize was called.
func (b *Backend) IsFinalized() bool { return b.finalized.Load() }

// properties are those of compilation. One stream takes all threads; pinning them to processors would fight the threads
// that decode.
func (o Options) properties() [][2]string {
	precision := "f32"
	if o.BFloat16 {
		precision = "bf16"
	}
	list := [][2]string{
		{"INFERENCE_PRECISION_HINT", precision},
		{"PERFORMANCE_HINT", "LATENCY"},
		{"NUM_STREAMS", "1"},
		{"ENABLE_CPU_PINNING", "NO"},
	}
	if o.Threads > 0 {
		list = append(list, [2]string{"INFERENCE_NUM_THREADS", strconv.Itoa(o.Threads)})
	}
	return list
}
