package bench

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/checkpoint/safetensors"
)

// tiny is the smallest case there is: 4 tokens.
func tiny(pass, engine string, batch int) Case {
	return Case{Model: "tiny", Frames: 2, Size: 32, Batch: batch, Pass: pass, Backend: engine}
}

// TestEnginesAgree compares every engine with pure Go.
func TestEnginesAgree(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		if b.Engine != "go" {
			checkAgreement(t, b.Engine)
		}
	})
}

func checkAgreement(t *testing.T, engine string) {
	for _, c := range []struct {
		name string
		edit func(*Case)
	}{
		{"forward", func(*Case) {}},
		{"step", func(c *Case) { c.Pass = "step" }},
		{"step of one clip", func(c *Case) { c.Pass, c.Batch = "step", 1 }},
		{"step in parts", func(c *Case) { c.Pass, c.Micro = "step", 1 }},
		{"step that recomputes", func(c *Case) { c.Pass, c.GradientCheckpointing = "step", true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var outcomes [2][]Outcome
			for i, engine := range []string{"go", engine} {
				this := tiny("forward", engine, 2)
				c.edit(&this)
				r, err := Open(this)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				for range 2 {
					out, err := r.Round()
					if err != nil {
						t.Fatal(err)
					}
					if !(out.Seconds > 0) {
						t.Errorf("%s: a round took %g s", engine, out.Seconds)
					}
					outcomes[i] = append(outcomes[i], out)
				}
			}
			for n, a := range outcomes[0] {
				b := outcomes[1][n]
				if len(a.Logits) != len(b.Logits) {
					t.Fatalf("%d and %d logits", len(a.Logits), len(b.Logits))
				}
				for i := range a.Logits {
					near(t, "logit", float64(a.Logits[i]), float64(b.Logits[i]))
				}
				near(t, "loss", a.Loss, b.Loss)
				near(t, "norm", a.Norm, b.Norm)
			}
			if first, second := outcomes[0][0], outcomes[0][1]; first.Loss != 0 && first.Loss <= second.Loss {
				t.Errorf("the step did not lower the loss: %g, then %g", first.Loss, second.Loss)
			}
		})
	}
}

func near(t *testing.T, what string, a, b float64) {
	t.Helper()
	if !(math.Abs(a-b) <= 1e-4*max(1, math.Abs(a))) {
		t.Errorf("%s %g on one engine, %g on the other", what, a, b)
	}
}

func TestWeightsAreAllWritten(t *testing.T) {
	r, err := Open(tiny("forward", "go", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if err := r.WriteWeights(&b); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.New("weights", bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range f.Names() {
		values, err := f.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(name, "running_") {
			total += len(values)
		}
		if strings.HasSuffix(name, "up_proj.weight") && (values[0] == 0 || values[0] == values[1]) {
			t.Errorf("%s was not drawn: %v…", name, values[:2])
		}
	}
	if total != r.Weights || r.Trained >= r.Weights {
		t.Errorf("%d weights in the file; the network has %d, of which %d train", total, r.Weights, r.Trained)
	}
}

func TestBadCasesAreRefused(t *testing.T) {
	for want, c := range map[string]Case{
		"tiny, small, base": {Model: "huge", Frames: 8, Size: 224, Batch: 1, Pass: "forward"},
		"forward, step":     {Model: "tiny", Frames: 8, Size: 224, Batch: 1, Pass: "back"},
		"multiple of 2":     {Model: "tiny", Frames: 7, Size: 224, Batch: 1, Pass: "step"},
		"multiple of 16":    {Model: "tiny", Frames: 8, Size: 225, Batch: 1, Pass: "step"},
		"at least 1":        {Model: "tiny", Frames: 8, Size: 224, Pass: "step"},
		"divisor":           {Model: "tiny", Frames: 8, Size: 224, Batch: 4, Micro: 3, Pass: "step"},
	} {
		if _, err := Open(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q in it", c, err, want)
		}
	}
}

// TestPrecisions compares both passes in bfloat16 with those in float32, on every engine that has both.
func TestPrecisions(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		if _, err := backend.OpenWith(backend.Settings{Engine: b.Engine, Precision: backend.BFloat16}); err != nil {
			t.Skip(err)
		}
		for _, pass := range Passes {
			var results [2][]float64
			for i, precision := range Precisions {
				c := tiny(pass, b.Engine, 1) // the statistics of a batch of two would amplify every rounding
				c.Precision = precision
				r, err := Open(c)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				out, err := r.Round()
				if err != nil {
					t.Fatal(err)
				}
				if r.Case.Precision != precision {
					t.Errorf("the case is in %s, want %s", r.Case.Precision, precision)
				}
				results[i] = []float64{out.Loss, out.Norm}
				for _, v := range out.Logits {
					results[i] = append(results[i], float64(v))
				}
			}
			same := true
			for k, want := range results[0] {
				got := results[1][k]
				same = same && got == want
				if math.Abs(got-want) > 0.05*(1+math.Abs(want)) {
					t.Errorf("%s: number %d is %v, in float32 %v", pass, k, got, want)
				}
			}
			if same {
				t.Errorf("%s: nothing was rounded to bfloat16: %v", pass, results[1])
			}
		}
	})
}
