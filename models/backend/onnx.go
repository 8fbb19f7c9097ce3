//go:build (linux || darwin) && (amd64 || arm64) && cgo

package backend

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gomlx/compute"
	onnx "github.com/gomlx/compute-onnx"
	"github.com/gomlx/compute-onnx/support/onnxruntime"
	"github.com/gomlx/gomlx/core/graph"

	"padapter/models/backend/prune"
)

// onnxLibraryVariable is the environment variable that names the library file. The engine reads it too.
const onnxLibraryVariable = "ONNXRUNTIME_SHARED_LIBRARY_PATH"

func openONNX(Settings) (compute.Backend, About, error) {
	library, err := findONNX()
	if err != nil {
		return nil, About{}, err
	}
	if err := os.Setenv(onnxLibraryVariable, library); err != nil {
		return nil, About{}, fmt.Errorf("set %s: %w", onnxLibraryVariable, err)
	}
	if hasCUDAProvider(library) && onnx.HasNvidiaGPU() {
		if b, err := onnx.New("cuda"); err == nil {
			about := About{What: "ONNX Runtime on CUDA (" + filepath.Base(library) + ")", Platform: "cuda", Version: onnxVersion(library), Devices: descriptions(b)}
			return prune.New(b), about, nil
		}
	}
	b, err := onnx.New("cpu")
	if err != nil {
		return nil, About{}, err
	}
	about := About{What: "ONNX Runtime on the CPU (" + filepath.Base(library) + ")", Platform: "cpu", Version: onnxVersion(library), Devices: descriptions(b)}
	return prune.New(b), about, nil
}

// SaveONNX writes the graph that compile compiles as an ONNX file, with its first input and its output renamed. It
// returns an error when the engine is not ONNX Runtime.
func (b *Backend) SaveONNX(w io.Writer, input, output string, compile func() (*graph.Graph, error)) error {
	pruned, ok := b.Compute.(*prune.Backend)
	if !ok {
		return fmt.Errorf("backend %s writes no ONNX files", b.Engine)
	}
	engine, ok := pruned.Engine().(*onnx.Backend)
	if !ok {
		return fmt.Errorf("backend %s writes no ONNX files", b.Engine)
	}
	engine.SetKeepModelProto(true)
	defer engine.SetKeepModelProto(false)
	g, err := compile()
	if err != nil {
		return err
	}
	executable, ok := prune.Engine(g.Executable())
	if !ok {
		return errors.New("the compiled graph is of another engine")
	}
	return onnx.SaveModel(engine, executable, w, []string{input}, []string{output})
}

// findONNX returns the path of the library.
func findONNX() (string, error) {
	if path := os.Getenv(onnxLibraryVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s names no file: %w", onnxLibraryVariable, err)
		}
		return path, nil
	}
	var folders []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		folders = append(folders, dir, filepath.Join(dir, "lib"), filepath.Join(dir, "..", "lib"), filepath.Join(dir, "..", ".deps", "onnxruntime"))
	}
	if dir, err := onnxruntime.GetInstallPath(); err == nil {
		folders = append(folders, dir)
	}
	pattern := "libonnxruntime.so*"
	if runtime.GOOS == "darwin" {
		pattern = "libonnxruntime*.dylib"
	}
	for _, folder := range folders {
		for _, place := range []string{folder, filepath.Join(folder, "lib")} {
			if found, err := filepath.Glob(filepath.Join(place, pattern)); err == nil && len(found) > 0 {
				return found[0], nil
			}
		}
	}
	return "", fmt.Errorf("its library was not found: run 'make deps', or name the file in %s", onnxLibraryVariable)
}

func hasCUDAProvider(library string) bool {
	_, err := os.Stat(filepath.Join(filepath.Dir(library), "libonnxruntime_providers_cuda.so"))
	return err == nil
}
