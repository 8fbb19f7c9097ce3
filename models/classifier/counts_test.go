package classifier_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"padapter/models/classifier"
	"padapter/models/tuning"
	"padapter/models/vit"
)

func goldenJSON(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(fixtures(t)[0]), name))
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
			trunk := vit.Config{Frames: 8, Height: 224, Width: 224, Tubelet: 2, Patch: 16, Dim: 768, Depth: 12, Heads: 12, MLPRatio: 4}
			if want.Modality == "image" {
				pool := "class"
				if want.GlobalPool == true {
					pool = "mean"
				}
				trunk = vit.Image(224, 16, 768, 12, 12, 4, pool)
			}
			net, err := classifier.New(trunk, countConfig(t, want.Config), [3]float32{}, [3]float32{1, 1, 1}, want.Classes)
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
	}
	goldenJSON(t, "behaviours.json", &cases)
	trunk := vit.Config{Frames: 4, Height: 8, Width: 8, Tubelet: 2, Patch: 4, Dim: 32, Depth: 2, Heads: 2, MLPRatio: 4}
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
		default:
			continue
		}
		checked++
		_, err := classifier.New(trunk, c, [3]float32{}, [3]float32{1, 1, 1}, 5)
		if (err == nil) != runs {
			t.Errorf("%s %+v: %v, the published code %s", want.Case, c, err, want.Result)
		}
	}
	if checked < 20 {
		t.Errorf("only %d cases were checked", checked)
	}
}
