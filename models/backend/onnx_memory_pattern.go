//go:build (linux || darwin) && (amd64 || arm64) && cgo

package backend

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	onnx "github.com/gomlx/compute-onnx"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"padapter/models/backend/branch"
	"padapter/models/backend/replay"
)

// memoryPatternLimit is the total size of a graph's intermediate values, in bytes, above which graphs are compiled
// without memory pattern: the reserved block would cost more than it saves.
const memoryPatternLimit = 256 << 20

// memoryPatternOff compiles large graphs without ONNX Runtime's memory pattern. See package branch.
type memoryPatternOff struct {
	engine *onnx.Backend
	from   int64      // bytes; smaller graphs are compiled as usual
	mu     sync.Mutex // held while the engine keeps models
}

func (u *memoryPatternOff) compile(compile func() (compute.Executable, error), made int64) (replay.Refined, error) {
	if made < u.from || u.engine.KeepModelProto() {
		x, err := compile()
		return replay.Refined{Executable: x}, err
	}
	planned, model, err := u.compileAndKeep(compile)
	if err != nil {
		return replay.Refined{}, err
	}
	if names, _ := planned.Inputs(); len(names) == 0 || slices.Contains(names, "dummy_input") {
		return replay.Refined{Executable: planned}, nil
	}
	outputs := planned.Outputs()
	planned.Finalize()
	wrapped, err := branch.Wrap(model)
	if err != nil {
		return replay.Refined{}, err
	}
	x, err := onnx.LoadModel(u.engine, bytes.NewReader(wrapped))
	if err != nil {
		return replay.Refined{}, fmt.Errorf("compile a graph in a branch: %w", err)
	}
	flag, err := u.engine.BufferFromFlatData(0, []bool{true}, shapes.Make(dtypes.Bool, 1))
	if err != nil {
		x.Finalize()
		return replay.Refined{}, fmt.Errorf("compile a graph in a branch: %w", err)
	}
	debug.FreeOSMemory() // two copies of the model are no longer needed
	return replay.Refined{Executable: x, More: []compute.Buffer{flag}, Outputs: outputs}, nil
}

// compileAndKeep compiles and also returns the serialized model.
func (u *memoryPatternOff) compileAndKeep(compile func() (compute.Executable, error)) (compute.Executable, []byte, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.engine.SetKeepModelProto(true)
	defer u.engine.SetKeepModelProto(false)
	x, err := compile()
	if err != nil {
		return nil, nil, err
	}
	var model bytes.Buffer
	if err := onnx.SaveModel(u.engine, x, &model, nil, nil); err != nil {
		x.Finalize()
		return nil, nil, fmt.Errorf("compile a graph: %w", err)
	}
	return x, model.Bytes(), nil
}
