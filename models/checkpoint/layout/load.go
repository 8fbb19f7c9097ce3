package layout

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/vit"
	"padapter/models/weights"
)

// Report describes how a file was loaded.
type Report struct {
	Layout     string
	Loaded     []string // parameters loaded from the file
	Missing    []string // backbone parameters that the file lacks; they keep their initial values
	Unexpected []string // tensors of the file that are not used
	Reshaped   []string // parameters that were interpolated or spread, and how
}

// Load fills the backbone's parameters in the store from src. old is the grid of the file's position table; the zero
// Grid means that it is not known.
func Load(src Source, old Grid, backbone vit.Config, store *model.Store) (*Report, error) {
	f, err := detect(src)
	if err != nil {
		return nil, err
	}
	report := &Report{Layout: f.Name}
	used := map[string]bool{}
	for _, p := range backbone.Parameters() {
		there, part, ok := f.from(p.Name, src)
		if !ok {
			report.Missing = append(report.Missing, p.Name)
			continue
		}
		used[there] = true
		values, how, err := take(src, there, part, p, old, backbone)
		if err != nil {
			return nil, fmt.Errorf("take %s from %s: %w", p.Name, there, err)
		}
		if err := weights.Set(store, p, p.FromFile(values)); err != nil {
			return nil, err
		}
		report.Loaded = append(report.Loaded, p.Name)
		if how != "" {
			report.Reshaped = append(report.Reshaped, p.Name+": "+how)
		}
	}
	for _, name := range src.Names() {
		if !used[name] && !f.ignores(name) {
			report.Unexpected = append(report.Unexpected, name)
		}
	}
	return report, nil
}

// take reads one parameter in the order of its file shape and describes the conversion, if any.
func take(src Source, there string, part int, p weights.Parameter, old Grid, backbone vit.Config) ([]float32, string, error) {
	shape, _ := src.Shape(there)
	values, err := src.Float32(there)
	if err != nil {
		return nil, "", err
	}
	if part > 0 {
		if len(shape) == 0 || shape[0]%3 != 0 {
			return nil, "", fmt.Errorf("its shape %v does not divide into three", shape)
		}
		third := len(values) / 3
		values = values[(part-1)*third : part*third]
		shape = append([]int{shape[0] / 3}, shape[1:]...)
	}
	want := p.FileShape()
	switch {
	case p.Name == "pos_embed" && (!slices.Equal(shape, want) || old != Grid{} && old != GridOf(backbone)):
		return resizePositions(values, shape, old, backbone)
	case slices.Equal(shape, want):
		return values, "", nil
	case p.Name == "patch_embed.proj.weight":
		return inflate(values, shape, want)
	case len(values) == p.Size() && slices.Equal(squeeze(shape), squeeze(want)):
		return values, "", nil
	}
	return nil, "", fmt.Errorf("its shape is %v, the network's is %v: check the recipe's model part", shape, want)
}

func squeeze(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

// inflate spreads a 2-D patch kernel [D, C, p, p] over the frames of a tubelet [D, C, t, p, p], 1/t each, so that a
// static clip gives the same result as its frame. It also accepts [D, C, 1, p, p].
func inflate(values []float32, shape, want []int) ([]float32, string, error) {
	if len(shape) == 5 && shape[2] == 1 {
		shape = slices.Delete(slices.Clone(shape), 2, 3)
	}
	if len(want) == 4 && slices.Equal(shape, want) {
		return values, "", nil
	}
	if len(shape) != 4 || len(want) != 5 || !slices.Equal(shape, []int{want[0], want[1], want[3], want[4]}) {
		return nil, "", fmt.Errorf("its shape is %v, the network's is %v: patches of another size cannot be taken over", shape, want)
	}
	t, area := want[2], want[3]*want[4]
	out := make([]float32, 0, len(values)*t)
	for at := 0; at < len(values); at += area {
		for range t {
			for _, v := range values[at : at+area] {
				out = append(out, v/float32(t))
			}
		}
	}
	return out, fmt.Sprintf("2-D kernel spread over %d frames", t), nil
}
