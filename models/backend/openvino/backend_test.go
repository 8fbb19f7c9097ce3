//go:build linux && amd64 && cgo

package openvino

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/compute/support/backendtest"
	"github.com/gomlx/gomlx/core/graph"

	"padapter/models/backend/selftest"
)

func open(t testing.TB, options Options) *Backend {
	t.Helper()
	b, err := Open(options)
	if err != nil {
		t.Skip(err)
	}
	return b
}

// TestBackend runs GoMLX's tests of engines.
func TestBackend(t *testing.T) {
	backendtest.RunAll(t, open(t, Options{}), nil)
}

// TestSquareConstantsAreGuarded lets products share square constants, as graphs would without a guard: the self-test must
// find what version 2026.4.1 computes then, and must pass with the guard. When the library is mended, this test says so
// by failing, and the guard can go.
func TestSquareConstantsAreGuarded(t *testing.T) {
	b := open(t, Options{})
	if err := selftest.Check(b, false); err != nil {
		t.Errorf("with the guard: %v", err)
	}
	unguarded := &Backend{library: b.library, options: b.options, sharesConstants: true}
	if err := selftest.Check(unguarded, false); err == nil || !strings.Contains(err.Error(), "is off by") {
		t.Errorf("without the guard: %v; version %s does not need it", err, b.Version())
	}
}

// TestFrozenBuffersMayBeReplaced checks that a graph uses the buffer that it is given, frozen or not, and what it refuses.
func TestFrozenBuffersMayBeReplaced(t *testing.T) {
	b := open(t, Options{})
	builder := b.Builder("replaced")
	f := builder.Main()
	shape := shapes.Make(dtypes.Float32, 2)
	x, err := f.Parameter("x", shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.Parameter("w", shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := f.Add(x, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Return([]compute.Value{sum}, nil); err != nil {
		t.Fatal(err)
	}
	compiled, err := builder.Compile()
	if err != nil {
		t.Fatal(err)
	}
	defer compiled.Finalize()
	values := func(v ...float32) compute.Buffer {
		made, err := b.BufferFromFlatData(0, v, shape)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	input := values(1, 2)
	for i, frozen := range []compute.Buffer{values(10, 20), values(30, 40), values(50, 60)} {
		if err := b.KeepConstant(frozen); err != nil {
			t.Fatal(err)
		}
		out, err := compiled.Execute([]compute.Buffer{input, frozen}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 2)
		if err := out[0].ToFlatData(got); err != nil {
			t.Fatal(err)
		}
		if want := float32(20*i + 11); got[0] != want || got[1] != want+11 {
			t.Errorf("with weights %d: %v", i, got)
		}
		if err := frozen.Finalize(); err != nil { // the graph keeps what it needs
			t.Fatal(err)
		}
	}
	if _, err := compiled.Execute([]compute.Buffer{input}, nil, 0); err == nil || !strings.Contains(err.Error(), "1 inputs were given, it has 2") {
		t.Errorf("one input for two: %v", err)
	}
	gone := values(1, 2)
	_ = gone.Finalize()
	if _, err := compiled.Execute([]compute.Buffer{input, gone}, nil, 0); err == nil || !strings.Contains(err.Error(), "finalized") {
		t.Errorf("a finalized input: %v", err)
	}
	if _, err := compiled.Execute([]compute.Buffer{input, &buffer{backend: &Backend{}, shape: shape}}, nil, 0); err == nil || !strings.Contains(err.Error(), "another backend") {
		t.Errorf("a foreign input: %v", err)
	}
}

// TestIntegersAreExact multiplies 64-bit integers whose product needs all bits, which the library would cut to 32.
func TestIntegersAreExact(t *testing.T) {
	b := open(t, Options{})
	got := graph.MustExecOnce(b, func(x *graph.Node) *graph.Node {
		return graph.Mod(graph.Mul(x, graph.AddScalar(x, 12345)), graph.Const(x.Graph(), int64(1<<31-1)))
	}, []int64{1, 1 << 30, 1<<31 - 2, 77}).Value().([]int64)
	for i, x := range []int64{1, 1 << 30, 1<<31 - 2, 77} {
		if want := x * (x + 12345) % (1<<31 - 1); got[i] != want {
			t.Errorf("%d: %d, want %d", x, got[i], want)
		}
	}
}

// TestBadLibraries opens files that are no library, half a library, and another version.
func TestBadLibraries(t *testing.T) {
	text := filepath.Join(t.TempDir(), "libopenvino_c.so")
	if err := os.WriteFile(text, []byte("no library"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadLibrary(text); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("a text file: %v", err)
	}
	path, err := Find()
	if err != nil {
		t.Skip(err)
	}
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), "lib*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range all { // each in turn is cut in half, among whole ones
		dir := t.TempDir()
		for _, file := range all {
			if file != broken {
				if err := os.Symlink(file, filepath.Join(dir, filepath.Base(file))); err != nil {
					t.Fatal(err)
				}
				continue
			}
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), whole[:len(whole)/2], 0o755); err != nil {
				t.Fatal(err)
			}
		}
		_, err := loadLibrary(filepath.Join(dir, filepath.Base(path)))
		if err == nil || !strings.Contains(err.Error(), filepath.Base(broken)) {
			t.Errorf("half of %s: %v", filepath.Base(broken), err)
		}
	}
	for version, fits := range map[string]bool{
		"2026.4.1-22982-x": true, "2026.5.0-1-y": true, "2027.0.0-1": true, "2026.3.0-1": false, "2025.4.0-1": false, "": false, "x.y.z": false,
	} {
		if err := checkVersion(version); (err == nil) != fits {
			t.Errorf("version %q: %v", version, err)
		}
	}
	t.Setenv(LibraryVariable, t.TempDir())
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "folder without") {
		t.Errorf("an empty folder: %v", err)
	}
	t.Setenv(LibraryVariable, filepath.Join(t.TempDir(), "none"))
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "names no file") {
		t.Errorf("no file: %v", err)
	}
}

// TestThreadsChangeNothing runs a product on one thread and on two.
func TestThreadsChangeNothing(t *testing.T) {
	product := func(threads int) []float32 {
		x := make([][]float32, 300)
		for i := range x {
			x[i] = make([]float32, 300)
			for j := range x[i] {
				x[i][j] = float32(math.Sin(float64(i*300 + j)))
			}
		}
		out := graph.MustExecOnce(open(t, Options{Threads: threads}), func(x *graph.Node) *graph.Node {
			return graph.ReduceSum(graph.MatMul(x, graph.Transpose(x, 0, 1)), 0)
		}, x)
		return out.Value().([]float32)
	}
	if one, two := product(1), product(2); !slices.Equal(one, two) {
		t.Error("one thread and two give other bits")
	}
}

// TestFailedCompilationIsRepeated has the library refuse a graph: every execution says so.
func TestFailedCompilationIsRepeated(t *testing.T) {
	impossible := &Backend{library: open(t, Options{}).library, options: Options{Threads: 1 << 40}}
	exec, err := graph.NewExec(impossible, func(x *graph.Node) *graph.Node { return graph.Add(x, x) })
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	for range 2 {
		if _, err := exec.Call([]float32{1, 2}); err == nil || !strings.Contains(err.Error(), "OpenVINO: run graph") || !strings.Contains(err.Error(), "compile") {
			t.Errorf("threads without number: %v", err)
		}
	}
}
