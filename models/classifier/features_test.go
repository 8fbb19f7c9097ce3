package classifier_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/models/weights"
)

// TestFeatures checks that the feature output is what the head takes: batch norm by running statistics and the linear
// layer, computed here, make the logits of it.
func TestFeatures(t *testing.T) {
	c := tuning.Config{Kind: "padapter", Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	for name, backbone := range backbones() {
		t.Run(name, func(t *testing.T) {
			net, store := newNetwork(t, backbone, c)
			engine := goEngine(t)
			trainSteps(t, engine, net, store, clips(backbone, 6), 2) // running statistics of their own
			frames := clips(backbone, 2)
			exec, err := model.NewExec(engine, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
				logits, features := net.Embedded(scope, x)
				return []*graph.Node{logits, features}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer exec.Finalize()
			outputs, err := exec.Call(frames)
			if err != nil {
				t.Fatal(err)
			}
			plain, out := logits(t, engine, net, store, frames), outputs[1]
			if beside := flat(t, outputs[0]); !slices.Equal(beside, plain) {
				t.Errorf("logits beside features are %v, alone %v", beside, plain)
			}
			if shape := out.Shape().Dimensions; len(shape) != 2 || shape[0] != 2 || shape[1] != backbone.Dim {
				t.Fatalf("features of shape %v", shape)
			}
			features := flat(t, out)
			values := func(parameter string) []float32 {
				v, err := weights.Values(store, net.Parameter(parameter))
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			mean, variance, kernel, bias := values("head.0.running_mean"), values("head.0.running_var"), values("head.1.weight"), values("head.1.bias")
			for i, got := range plain {
				clip, class := i/net.Classes(), i%net.Classes()
				want := float64(bias[class])
				for d := range backbone.Dim {
					n := (float64(features[clip*backbone.Dim+d]) - float64(mean[d])) / math.Sqrt(float64(variance[d])+vit.NormEpsilon)
					want += n * float64(kernel[d*net.Classes()+class])
				}
				if math.Abs(want-float64(got)) > boundTrain {
					t.Errorf("clip %d, class %d: %g of the features, the logit is %g", clip, class, want, got)
				}
			}
		})
	}
}

// TestEachNoiseActs switches on one rate at a time.
func TestEachNoiseActs(t *testing.T) {
	c := tuning.Config{Kind: "padapter", Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	losses := map[float32]string{}
	for name, change := range map[string]func(*vit.Config, *tuning.Config){
		"none":              func(*vit.Config, *tuning.Config) {},
		"dropout":           func(v *vit.Config, _ *tuning.Config) { v.Dropout = 0.3 },
		"attention dropout": func(v *vit.Config, _ *tuning.Config) { v.AttentionDropout = 0.3 },
		"stochastic depth":  func(v *vit.Config, _ *tuning.Config) { v.DropPath = 0.5 },
	} {
		backbone, settings := smallVideo, c
		change(&backbone, &settings)
		net, store := newNetwork(t, backbone, settings)
		loss := trainSteps(t, goEngine(t), net, store, clips(backbone, 6), 1)[0]
		if other, ok := losses[loss]; ok {
			t.Errorf("%s and %s have the same first loss, %g", name, other, loss)
		}
		losses[loss] = name
	}
}
