package pth_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/models/checkpoint/layout"
	"padapter/models/checkpoint/pth"
	"padapter/models/checkpoint/safetensors"
)

var tensors = []safetensors.Tensor{
	{Name: "blocks.0.norm1.weight", Shape: []int{3}, Values: []float32{1, -2.5, 3}},
	{Name: "head.weight", Shape: []int{2, 3}, Values: []float32{0, 1, 2, 3, 4, 5}},
	{Name: "scalar", Shape: []int{}, Values: []float32{7}},
}

var forms = map[string]func(io.Writer, []safetensors.Tensor) error{"zip": pth.Write, "legacy": pth.WriteLegacy}

func save(t *testing.T, write func(io.Writer, []safetensors.Tensor) error) string {
	t.Helper()
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := write(b, tensors); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("equal tensors gave different bytes")
	}
	path := filepath.Join(t.TempDir(), "model.pth")
	if err := os.WriteFile(path, first.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBothFormsAreReadBack(t *testing.T) {
	for name, write := range forms {
		t.Run(name, func(t *testing.T) {
			f, err := layout.Open(save(t, write))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Names()) != len(tensors) {
				t.Errorf("tensors %v", f.Names())
			}
			for _, want := range tensors {
				shape, ok := f.Shape(want.Name)
				values, err := f.Float32(want.Name)
				if err != nil || !ok || !slices.Equal(shape, want.Shape) || !slices.Equal(values, want.Values) {
					t.Errorf("%s: %v %v (%v, %v)", want.Name, shape, values, ok, err)
				}
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wrong := []safetensors.Tensor{{Name: "x", Shape: []int{2}, Values: []float32{1}}}
	for name, write := range forms {
		if err := write(io.Discard, wrong); err == nil || !strings.Contains(err.Error(), "tensor x") {
			t.Errorf("%s: a tensor of another size than its shape: %v", name, err)
		}
	}
}

// TestPyTorchReadsBothForms needs Debian's python3-torch, or another Python that PADAPTER_PYTHON names.
func TestPyTorchReadsBothForms(t *testing.T) {
	python := os.Getenv("PADAPTER_PYTHON")
	if python == "" {
		python = "/usr/bin/python3"
	}
	if err := exec.CommandContext(t.Context(), python, "-c", "import torch").Run(); err != nil {
		t.Skipf("%s has no PyTorch: %v", python, err)
	}
	const script = `import sys, torch
for name, t in torch.load(sys.argv[1])["model"].items(): print(name, list(t.shape), t.flatten().tolist())`
	const want = "blocks.0.norm1.weight [3] [1.0, -2.5, 3.0]\nhead.weight [2, 3] [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]\nscalar [] [7.0]\n"
	for name, write := range forms {
		t.Run(name, func(t *testing.T) {
			text, err := exec.CommandContext(t.Context(), python, "-c", script, save(t, write)).CombinedOutput()
			if err != nil || string(text) != want {
				t.Errorf("PyTorch reads %q (%v), want %q", text, err, want)
			}
		})
	}
}
