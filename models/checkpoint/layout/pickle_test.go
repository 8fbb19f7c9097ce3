package layout

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPickles(t *testing.T) {
	want := map[string]struct {
		shape  []int
		values []float32
	}{
		"plain":      {[]int{3, 4}, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		"transposed": {[]int{4, 3}, []float32{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}},
		"view":       {[]int{2, 2}, []float32{6, 7, 10, 11}},
		"half":       {[]int{3, 4}, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		"brain":      {[]int{3, 4}, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		"double":     {[]int{3, 4}, []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		"parameter":  {[]int{3, 4}, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		"scalar":     {[]int{}, []float32{7}},
		"whole":      {[]int{3}, []float32{0, 1, 2}},
	}
	for _, name := range []string{"tiny.pth", "tiny-legacy.pth"} {
		t.Run(name, func(t *testing.T) {
			f, err := Open(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Names(); len(got) != len(want) {
				t.Errorf("tensors %v, want %d", got, len(want))
			}
			for key, w := range want {
				shape, ok := f.Shape(key)
				values, err := f.Float32(key)
				if err != nil || !ok || !slices.Equal(shape, w.shape) || !slices.Equal(values, w.values) {
					t.Errorf("%s: %v %v (%v, %v), want %v %v", key, shape, values, ok, err, w.shape, w.values)
				}
			}
			if _, err := f.Float32("absent"); err == nil {
				t.Error("an absent tensor was read")
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDamagedPickles(t *testing.T) {
	for _, name := range []string{"tiny.pth", "tiny-legacy.pth"} {
		whole, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, keep := range []int{0, 3, 10, len(whole) / 3, len(whole) / 2} {
			path := filepath.Join(t.TempDir(), "cut.pth")
			if err := os.WriteFile(path, whole[:keep], 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); err == nil {
				t.Errorf("%s cut to %d bytes was opened", name, keep)
			}
		}
	}
}
