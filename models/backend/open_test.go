package backend

import (
	"os"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

func TestMain(m *testing.M) {
	ServeTrial()
	os.Exit(m.Run())
}

func TestEveryUsableEngineComputes(t *testing.T) {
	usable := 0
	for _, a := range Survey() {
		t.Logf("%s: usable %v: %s", a.Engine, a.Usable, a.Why)
		if a.Why == "" {
			t.Errorf("%s gives no reason", a.Engine)
		}
		if !a.Usable {
			continue
		}
		usable++
		b, err := Open(a.Engine)
		if err != nil {
			t.Fatalf("usable, yet: %v", err)
		}
		got, err := graph.CallOnce(b.Compute, func(x *graph.Node) *graph.Node { return graph.MulScalar(x, 2.0) }, []float32{1, 2, 3})
		if err != nil {
			t.Fatalf("%s: %v", a.Engine, err)
		}
		if v := got.Value().([]float32); v[0] != 2 || v[1] != 4 || v[2] != 6 {
			t.Errorf("%s: 2·[1 2 3] = %v", a.Engine, v)
		}
	}
	if usable == 0 {
		t.Error("no engine is usable; pure Go always is")
	}
}

func TestAutoTakesTheFirstThatStarts(t *testing.T) {
	want := ""
	for _, a := range Survey() {
		if a.Usable {
			want = a.Engine
			break
		}
	}
	b, err := Open("auto")
	if err != nil {
		t.Fatal(err)
	}
	if b.Engine != want {
		t.Errorf("auto took %s, want %s", b.Engine, want)
	}
}

func TestUnknownChoice(t *testing.T) {
	if _, err := Open("cuda"); err == nil || !strings.Contains(err.Error(), "onnx") {
		t.Errorf("got %v, want an error that lists the choices", err)
	}
}

func TestMissingLibraryIsAReason(t *testing.T) {
	t.Setenv("ONNXRUNTIME_SHARED_LIBRARY_PATH", t.TempDir()+"/libonnxruntime.so")
	if _, _, err := openONNX(Settings{}); err == nil || !strings.Contains(err.Error(), "names no file") {
		t.Errorf("got %v, want the missing file named", err)
	}
}
