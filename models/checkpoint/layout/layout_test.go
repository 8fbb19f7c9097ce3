package layout

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/checkpoint/safetensors"
	"padapter/models/vit"
	"padapter/models/weights"
)

var video = vit.Config{Frames: 4, Height: 8, Width: 8, Tubelet: 2, Patch: 4, Dim: 8, Depth: 2, Heads: 2, MLPRatio: 2}

func filled(t *testing.T, backbone vit.Config, seed uint64) *model.Store {
	t.Helper()
	store := model.NewStore()
	if err := weights.Fill(store, backbone.Parameters(), seed); err != nil {
		t.Fatal(err)
	}
	for _, p := range backbone.Parameters() { // no value may be shared by two parameters, as zeros and ones are
		p.Initializer = weights.Uniform(1)
		if err := weights.Set(store, p, p.Draw(seed)); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// memory is a file in memory.
func memory(t *testing.T, tensors []safetensors.Tensor) *safetensors.File {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors, nil); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.New("memory", bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryLayoutThereAndBack(t *testing.T) {
	learned := video
	learned.Positions, learned.KeyBias = "learned", true
	backbones := map[string]vit.Config{"video": video, "learned": learned,
		"image-class": vit.Image(8, 4, 8, 2, 2, 2, "class"), "image-mean": vit.Image(8, 4, 8, 2, 2, 2, "mean")}
	for backboneName, backbone := range backbones {
		for _, l := range Layouts {
			t.Run(backboneName+"/"+l.Name, func(t *testing.T) {
				source := filled(t, backbone, 1)
				tensors, err := Export(l.Name, backbone, source)
				if err != nil {
					t.Fatal(err)
				}
				tensors = append(tensors, safetensors.Tensor{Name: l.Prefixes[0] + "surprise", Shape: []int{1}, Values: []float32{1}})
				store := filled(t, backbone, 2)
				report, err := Load(memory(t, tensors), Grid{}, backbone, store)
				if err != nil {
					t.Fatal(err)
				}
				if report.Layout != l.Name || len(report.Missing)+len(report.Reshaped) > 0 || !slices.Equal(report.Unexpected, []string{l.Prefixes[0] + "surprise"}) {
					t.Errorf("report %+v", report)
				}
				for _, p := range backbone.Parameters() {
					want, errWant := weights.Values(source, p)
					got, errGot := weights.Values(store, p)
					if errWant != nil || errGot != nil || !slices.Equal(got, want) {
						t.Errorf("%s came back changed (%v, %v)", p.Name, errWant, errGot)
					}
				}
			})
		}
	}
}

func TestMissingAndUnknown(t *testing.T) {
	tensors, err := Export("videomae", video, filled(t, video, 1))
	if err != nil {
		t.Fatal(err)
	}
	less := slices.DeleteFunc(slices.Clone(tensors), func(x safetensors.Tensor) bool {
		return strings.Contains(x.Name, "fc_norm") || strings.HasSuffix(x.Name, "blocks.1.attn.q_bias")
	})
	report, err := Load(memory(t, less), Grid{}, video, filled(t, video, 2))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"blocks.1.attn.q_bias", "fc_norm.weight", "fc_norm.bias"}; !slices.Equal(report.Missing, want) {
		t.Errorf("missing %v, want %v", report.Missing, want)
	}
	renamed := slices.Clone(tensors)
	for i := range renamed {
		renamed[i].Name = strings.Replace(renamed[i].Name, "attn.qkv", "attention.fused", 1)
	}
	if _, err := Load(memory(t, renamed), Grid{}, video, filled(t, video, 2)); err == nil || !strings.Contains(err.Error(), "nearest is videomae") {
		t.Errorf("got %v, want the nearest layout named", err)
	}
	wide := video
	wide.Dim = 16
	if _, err := Load(memory(t, tensors), Grid{}, wide, filled(t, wide, 2)); err == nil || !strings.Contains(err.Error(), "shape") {
		t.Errorf("got %v, want an error about a shape", err)
	}
}

func TestKernelsAreInflated(t *testing.T) {
	image := vit.Image(8, 4, 8, 2, 2, 2, "mean")
	source := filled(t, image, 1)
	tensors, err := Export("videomae", image, source)
	if err != nil {
		t.Fatal(err)
	}
	clip := video
	clip.KeyBias, clip.Positions = true, "learned"
	store := filled(t, clip, 2)
	tensors = slices.DeleteFunc(tensors, func(x safetensors.Tensor) bool { return strings.HasSuffix(x.Name, "cls_token") })
	for i := range tensors {
		if strings.HasSuffix(tensors[i].Name, "pos_embed") { // without the class token's row
			tensors[i].Shape, tensors[i].Values = []int{1, 4, 8}, tensors[i].Values[8:]
		}
	}
	report, err := Load(memory(t, tensors), Grid{}, clip, store)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Reshaped) != 2 {
		t.Errorf("reshaped %v, want the kernel and the positions", report.Reshaped)
	}
	// On a still clip the tubelet kernel gives what the patch kernel gives on its frame.
	flat, errFlat := weights.Values(source, image.Parameters()[2])
	deep, errDeep := weights.Values(store, clip.Parameters()[1])
	if errFlat != nil || errDeep != nil {
		t.Fatal(errFlat, errDeep)
	}
	for i, v := range flat {
		if sum := deep[i] + deep[i+len(flat)]; math.Abs(float64(sum-v)) > 1e-6 {
			t.Fatalf("value %d: frames sum to %g, want %g", i, sum, v)
		}
	}
}

// tables reads the reference's tables.
func tables(t *testing.T, into any) {
	t.Helper()
	dir := os.Getenv("PADAPTER_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "golden")
	}
	text, err := os.ReadFile(filepath.Join(dir, "schedule_and_tables.json"))
	if err != nil {
		t.Skipf("no golden data: set PADAPTER_GOLDEN to its folder (%v)", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestVideoPositionsAgainstTheReference compares tables of several time steps where the published function works; where it
// raises or leaves the table as it was, this one gives the number of rows that the network has.
func TestVideoPositionsAgainstTheReference(t *testing.T) {
	var golden struct {
		Video struct {
			Cases []struct {
				Times  int         `json:"time_slots"`
				Old    int         `json:"old_grid"`
				New    int         `json:"new_grid"`
				Result int         `json:"result_tokens"`
				Want   int         `json:"expected_tokens"`
				Input  [][]float32 `json:"input"`
				Output [][]float32 `json:"output"`
			} `json:"cases"`
		} `json:"interpolate_pos_embed_video"`
	}
	tables(t, &golden)
	compared := 0
	for _, c := range golden.Video.Cases {
		dim, input := 2, slices.Concat(c.Input...)
		if input == nil {
			input = make([]float32, dim*c.Times*c.Old*c.Old)
		}
		got, err := Grid{c.Times, c.Old, c.Old}.Resize(input, 0, dim, Grid{c.Times, c.New, c.New})
		if err != nil || len(got) != dim*c.Times*c.New*c.New {
			t.Errorf("%d×%d×%d to %d: %d values (%v)", c.Times, c.Old, c.Old, c.New, len(got), err)
			continue
		}
		if c.Result == 0 || c.Result != c.Want {
			continue // the published function fails here
		}
		compared++
		for i, want := range slices.Concat(c.Output...) {
			if math.Abs(float64(got[i]-want)) > 1e-5 {
				t.Fatalf("%d×%d×%d to %d, value %d: %g, want %g", c.Times, c.Old, c.Old, c.New, i, got[i], want)
			}
		}
	}
	if compared == 0 {
		t.Error("no case was compared")
	}
}

func TestBicubicAgainstTheReference(t *testing.T) {
	var golden struct {
		Image struct {
			Cases []struct {
				Old    int         `json:"old_grid"`
				New    int         `json:"new_grid"`
				Extra  int         `json:"extra_tokens"`
				Dim    int         `json:"dim"`
				Input  [][]float32 `json:"input"`
				Output [][]float32 `json:"output"`
			} `json:"cases"`
		} `json:"interpolate_pos_embed_image"`
	}
	tables(t, &golden)
	if len(golden.Image.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range golden.Image.Cases {
		got := bicubic(slices.Concat(c.Input[c.Extra:]...), c.Old, c.Old, c.Dim, c.New, c.New)
		for i, want := range slices.Concat(c.Output[c.Extra:]...) {
			if math.Abs(float64(got[i]-want)) > 1e-5 {
				t.Fatalf("%d to %d, value %d: %g, want %g", c.Old, c.New, i, got[i], want)
			}
		}
	}
}
