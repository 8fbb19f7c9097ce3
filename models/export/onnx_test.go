package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"google.golang.org/protobuf/proto"

	"padapter/models/backend"
	"padapter/models/classifier"
	"padapter/models/export/onnxpb"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/models/weights"
)

// networks are small networks with everything that an export meets.
func networks(t *testing.T) map[string]*classifier.Classifier {
	t.Helper()
	video := vit.Config{Frames: 4, Height: 8, Width: 8, Tubelet: 2, Patch: 4, Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2}
	image := vit.Image(8, 4, 16, 2, 2, 2, "class")
	padapter := tuning.Config{Kind: "padapter", Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	bare := padapter
	bare.LearnMode, bare.CatMode = "cat", "p_2x_p"
	all := map[string]*classifier.Classifier{}
	for name, n := range map[string]struct {
		backbone vit.Config
		c        tuning.Config
	}{
		"padapter": {video, padapter}, "bare prompts": {video, bare}, "image": {image, padapter},
		"vpt": {image, tuning.Config{Kind: "vpt", Prompts: 2}}, "union": {video, tuning.Config{Kind: "adaptformer+vpt-shallow+lora", Bottleneck: 3, Prompts: 2, Rank: 2}},
	} {
		c, err := classifier.New(n.backbone, n.c, [3]float32{0.5, 0.4, 0.3}, [3]float32{0.2, 0.25, 0.3}, 3)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = c
	}
	return all
}

func randomStore(t *testing.T, c *classifier.Classifier) *model.Store {
	t.Helper()
	store := model.NewStore()
	if err := c.Init(store, 1); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Parameters() {
		p.Initializer = weights.Uniform(0.5)
		values := p.Draw(3)
		if strings.HasSuffix(p.Name, "running_var") {
			for i := range values {
				values[i] += 1
			}
		}
		if err := weights.Set(store, p, values); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// TestExportedModelsRunElsewhere runs exported files in ONNX Runtime's Node binding, outside GoMLX, at several batch
// sizes.
func TestExportedModelsRunElsewhere(t *testing.T) {
	if _, err := backend.Open("onnx"); err != nil {
		t.Skip(err)
	}
	modules := os.Getenv("PADAPTER_ORT_NODE")
	if modules == "" {
		t.Skip("PADAPTER_ORT_NODE names no folder in which onnxruntime-node is installed")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip(err)
	}
	engine, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range networks(t) {
		t.Run(name, func(t *testing.T) {
			store := randomStore(t, c)
			path := filepath.Join(t.TempDir(), "model.onnx")
			write(t, path, c, store)
			for _, batch := range []int{1, 3} {
				pixels := make([]uint8, batch*c.Backbone.Frames*c.Backbone.Height*c.Backbone.Width*vit.Channels)
				for i := range pixels {
					pixels[i] = uint8(i*89 + i/7)
				}
				frames := filepath.Join(t.TempDir(), "frames")
				if err := os.WriteFile(frames, pixels, 0o600); err != nil {
					t.Fatal(err)
				}
				shape := fmt.Sprintf("%d,%d,%d,%d", c.Backbone.Frames, c.Backbone.Height, c.Backbone.Width, vit.Channels)
				text, err := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "run.mjs"), modules, path, frames, shape).CombinedOutput()
				if err != nil {
					t.Fatalf("%v: %s", err, text)
				}
				var got struct {
					Shape  []int     `json:"shape"`
					Logits []float64 `json:"logits"`
				}
				if err := json.Unmarshal(text, &got); err != nil {
					t.Fatalf("%v: %s", err, text)
				}
				out, err := model.CallOnce(engine.Compute, store, func(scope *model.Scope, x *graph.Node) *graph.Node { return c.Logits(scope, x, false) },
					tensors.FromFlatDataAndDimensions(pixels, batch, c.Backbone.Frames, c.Backbone.Height, c.Backbone.Width, vit.Channels))
				if err != nil {
					t.Fatal(err)
				}
				want, err := tensors.CopyFlatData[float32](out)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Shape, []int{batch, 3}) || len(got.Logits) != len(want) {
					t.Fatalf("logits of shape %v", got.Shape)
				}
				for i := range want {
					if math.Abs(got.Logits[i]-float64(want[i])) > 1e-4 {
						t.Errorf("batch %d, logit %d: %g, want %g", batch, i, got.Logits[i], want[i])
					}
				}
			}
		})
	}
}

func write(t *testing.T, path string, c *classifier.Classifier, store *model.Store) {
	t.Helper()
	var file bytes.Buffer
	if err := ONNX(&file, c, store, nil, []string{"a", "b", "c"}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExportHoldsAllOfIt checks the file's parts: the open batch, every weight, the class names, and equal bytes for
// equal networks.
func TestExportHoldsAllOfIt(t *testing.T) {
	if _, err := backend.Open("onnx"); err != nil {
		t.Skip(err)
	}
	for name, c := range networks(t) {
		t.Run(name, func(t *testing.T) {
			store := randomStore(t, c)
			var first, second bytes.Buffer
			for _, w := range []*bytes.Buffer{&first, &second} {
				if err := ONNX(w, c, store, nil, []string{"a", "b", "c"}); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("two exports of one network differ")
			}
			var m onnxpb.ModelProto
			if err := proto.Unmarshal(first.Bytes(), &m); err != nil {
				t.Fatal(err)
			}
			held := map[string]bool{}
			for _, initializer := range m.Graph.Initializer {
				held[initializer.GetName()] = true
			}
			if len(m.Graph.Input) != 1 || len(m.Graph.Output) != 1 {
				t.Fatalf("%d inputs and %d outputs, want one each", len(m.Graph.Input), len(m.Graph.Output))
			}
			for _, info := range []*onnxpb.ValueInfoProto{m.Graph.Input[0], m.Graph.Output[0]} {
				if name := info.GetType().GetTensorType().GetShape().GetDim()[0].GetDimParam(); name != "batch" {
					t.Errorf("the first axis of %s is %q, want batch", info.GetName(), name)
				}
			}
			for _, p := range c.Parameters() {
				if !held[p.Path()] {
					t.Errorf("%s is not in the file", p.Name)
				}
			}
			if !bytes.Contains(first.Bytes(), []byte(`["a","b","c"]`)) {
				t.Error("the class names are not in the file")
			}
		})
	}
}
