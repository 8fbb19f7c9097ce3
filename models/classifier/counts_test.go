package classifier_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/classifier"
	"padapter/models/tuning"
	"padapter/models/vit"
)

// goldenJSON reads a table that the published code wrote. It skips the test if there is none.
func goldenJSON(t *testing.T, name string, into any) {
	t.Helper()
	dir := publishedGolden()
	if dir == "" {
		t.Skip("no tables of the published code: neither PADAPTER_GOLDEN nor shared/golden beside the repository")
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestGoldenCounts counts the parameters of the full-size networks.
func TestGoldenCounts(t *testing.T) {
	var table struct {
		Counts []struct {
			Modality   string `json:"modality"`
			Config     string `json:"config"`
			Classes    int    `json:"num_classes"`
			GlobalPool any    `json:"global_pool"`
			Trainable  int    `json:"trainable"`
			Total      int    `json:"total"`
		} `json:"counts"`
	}
	goldenJSON(t, "param_counts.json", &table)
	if len(table.Counts) == 0 {
		t.Fatal("no counts")
	}
	for _, want := range table.Counts {
		t.Run(want.Modality+"/"+want.Config+"/"+strconv.Itoa(want.Classes), func(t *testing.T) {
			backbone := vit.Config{Frames: 8, Height: 224, Width: 224, Tubelet: 2, Patch: 16, Dim: 768, Depth: 12, Heads: 12, MLPRatio: 4}
			if want.Modality == "image" {
				pool := "class"
				if want.GlobalPool == true {
					pool = "mean"
				}
				backbone = vit.Image(224, 16, 768, 12, 12, 4, pool)
			}
			net, err := classifier.New(backbone, countConfig(t, want.Config), [3]float32{}, [3]float32{1, 1, 1}, want.Classes)
			if err != nil {
				t.Fatal(err)
			}
			if trained, all := net.Count(); trained != want.Trainable || all != want.Total {
				t.Errorf("%d of %d train, want %d of %d", trained, all, want.Trainable, want.Total)
			}
		})
	}
}

// countConfig reads names such as padapter_b32_x_p, padapter_b32_x_p_fixed…, adaptformer_64, vpt_10.
func countConfig(t *testing.T, name string) tuning.Config {
	t.Helper()
	c := tuning.Config{Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	kind, rest, _ := strings.Cut(name, "_")
	c.Kind = kind
	digits := func(s string) int {
		n, err := strconv.Atoi(strings.TrimLeftFunc(s, func(r rune) bool { return r < '0' || r > '9' }))
		if err != nil {
			t.Fatalf("configuration %q: %v", name, err)
		}
		return n
	}
	switch kind {
	case "padapter":
		width, cat, _ := strings.Cut(rest, "_")
		c.Bottleneck = digits(width)
		if strings.Contains(cat, "fixed") {
			c.Scale = "0.1"
		}
		for _, mode := range []string{"p_2x_p", "p_x_p"} {
			if strings.HasPrefix(cat, mode) {
				c.CatMode = mode
			}
		}
	case "adaptformer":
		c.Bottleneck = digits(rest)
	case "vpt":
		c.Prompts = digits(rest)
	}
	return c
}

// TestGoldenBehaviours checks what the published code accepts and refuses. Where it accepts what cannot be meant, or
// raises where the formula is clear, this program differs, and the case says so.
func TestGoldenBehaviours(t *testing.T) {
	var cases []struct {
		Case         string `json:"case"`
		Cat          string `json:"padapt_cat_mode"`
		Learn        string `json:"padapt_learn_mode"`
		Bottleneck   int    `json:"padapt_bottleneck"`
		PromptLength int    `json:"padapt_L_size"`
		Result       string `json:"result"`
		Modality     string `json:"modality"`

		Scalar    string  `json:"padapt_scalar"`
		Trainable bool    `json:"trainable"`
		Initial   float64 `json:"initial"`
	}
	goldenJSON(t, "behaviours.json", &cases)
	backbone := vit.Config{Frames: 4, Height: 8, Width: 8, Tubelet: 2, Patch: 4, Dim: 32, Depth: 2, Heads: 2, MLPRatio: 4}
	checked := 0
	for _, want := range cases {
		c := tuning.Config{Kind: "padapter", Bottleneck: 4, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
		runs := want.Result == "runs"
		switch want.Case {
		case "forward":
			c.CatMode, c.LearnMode, c.Bottleneck = want.Cat, want.Learn, want.Bottleneck
			runs = true // p_2x_p with cat raises there; here it follows the formula
		case "prompt length":
			c.PromptLength = want.PromptLength
		case "unknown location string":
			c.Location, runs = "nowhere", false // there the module is silently never called
		case "unknown cat mode":
			c.CatMode = "x_x"
		case "unknown learn mode":
			c.LearnMode = "mul"
		case "vpt_num 0":
			c = tuning.Config{Kind: "vpt"}
		case "prompt length with 2 VPT prompts":
			// There VPT's prompts are in the stream that PAdapter sees; here they are keys and values alone, so that one row
			// a token is right with and without them.
			c.Kind, c.Prompts, c.PromptLength = "padapter+vpt", 2, want.PromptLength
			runs = want.PromptLength == backbone.Tokens()
		case "clip of 5 frames, model built for 4, tubelet 2", "clip of 6 frames, model built for 4, tubelet 2":
			// There a frame too many is dropped in silence; here a clip has the frames that the network was built for.
			other := backbone
			other.Frames = int(want.Case[len("clip of ")] - '0')
			net, store := newNetwork(t, backbone, c)
			if _, err := model.CallOnce(goEngine(t), store, func(scope *model.Scope, x *graph.Node) *graph.Node { return net.Logits(scope, x, false) }, clips(other, 1)); err == nil {
				t.Errorf("%s: it ran", want.Case)
			}
			checked++
			continue
		case "training batch of 1":
			// Batch statistics of one clip have no variance: refused there by the head and here by train.Options, before anything runs.
			checked++
			continue
		case "scale string":
			checkScale(t, backbone, c, want.Scalar, want.Trainable, want.Initial)
			checked++
			continue
		case "fresh module":
			// There a later pass draws the video module's up projection again; here a fresh module adds nothing, as in the
			// published image network: see TestEveryTuningTrains.
			checked++
			continue
		default:
			t.Errorf("case %q is unknown to this test", want.Case)
			continue
		}
		checked++
		_, err := classifier.New(backbone, c, [3]float32{}, [3]float32{1, 1, 1}, 5)
		if (err == nil) != runs {
			t.Errorf("%s %+v: %v, the published code %s", want.Case, c, err, want.Result)
		}
	}
	if checked < 48 {
		t.Errorf("only %d cases were checked", checked)
	}
}

// checkScale compares what a scale setting means. There "learnable_scalar" and, by a slip of the comparison, "0." are
// learned; here "learned" is, and every number is fixed.
func checkScale(t *testing.T, backbone vit.Config, c tuning.Config, scalar string, trainable bool, initial float64) {
	t.Helper()
	c.Scale = scalar
	switch scalar {
	case "learnable_scalar":
		c.Scale = "learned"
	case "0.":
		trainable = false
	}
	net, _ := newNetwork(t, backbone, c)
	p := net.Parameter(vit.Block(0) + "padapter.scale")
	if learned := p.Shape != nil; learned != trainable {
		t.Errorf("scale %q: learned is %v, want %v", c.Scale, learned, trainable)
	} else if learned && float64(p.Draw(1)[0]) != initial {
		t.Errorf("scale %q starts at %g, want %g", c.Scale, p.Draw(1)[0], initial)
	}
}
