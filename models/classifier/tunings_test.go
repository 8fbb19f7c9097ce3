package classifier_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/classifier"
	"padapter/models/train"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/models/weights"
)

var smallVideo = vit.Config{Frames: 4, Height: 8, Width: 8, Tubelet: 2, Patch: 4, Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2}

// backbones are small networks of every make.
func backbones() map[string]vit.Config {
	learned := smallVideo
	learned.Positions, learned.KeyBias = "learned", true
	return map[string]vit.Config{
		"video":         smallVideo,
		"video-learned": learned,
		"image-class":   vit.Image(8, 4, 16, 2, 2, 2, "class"),
		"image-mean":    vit.Image(8, 4, 16, 2, 2, 2, "mean"),
	}
}

// tunings are settings for every kind.
func tunings() map[string]tuning.Config {
	all := map[string]tuning.Config{}
	for _, location := range tuning.Locations {
		for _, cat := range tuning.CatModes {
			for _, learn := range tuning.LearnModes {
				all[fmt.Sprintf("padapter %s %s %s", location, cat, learn)] = tuning.Config{
					Kind: "padapter", Bottleneck: 3, Location: location, CatMode: cat, LearnMode: learn, Scale: "learned"}
			}
		}
	}
	all["padapter one row"] = tuning.Config{Kind: "padapter", Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "0.5", PromptLength: 1}
	for _, kind := range []string{"adaptformer", "adaptformer-sequential", "vpt", "vpt-shallow", "lora", "linear", "full",
		"padapter+vpt", "padapter+lora", "adaptformer+vpt-shallow", "adaptformer+vpt+lora"} {
		all[kind] = tuning.Config{Kind: kind, Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned", Prompts: 2, Rank: 2}
	}
	return all
}

func goEngine(t *testing.T) compute.Backend {
	t.Helper()
	b, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	return b.Compute
}

func newNetwork(t *testing.T, backbone vit.Config, c tuning.Config) (*classifier.Classifier, *model.Store) {
	t.Helper()
	net, err := classifier.New(backbone, c, [3]float32{0.5, 0.4, 0.3}, [3]float32{0.2, 0.25, 0.3}, 3)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := net.Init(store, 7); err != nil {
		t.Fatal(err)
	}
	return net, store
}

// clips is a batch of uint8 noise.
func clips(c vit.Config, batch int) *tensors.Tensor {
	pixels := make([]uint8, batch*c.Frames*c.Height*c.Width*vit.Channels)
	state := uint32(1)
	for i := range pixels {
		state = state*1664525 + 1013904223
		pixels[i] = uint8(state >> 24)
	}
	return tensors.FromFlatDataAndDimensions(pixels, batch, c.Frames, c.Height, c.Width, vit.Channels)
}

func logits(t *testing.T, engine compute.Backend, net *classifier.Classifier, store *model.Store, frames *tensors.Tensor) []float32 {
	t.Helper()
	out, err := model.CallOnce(engine, store, func(scope *model.Scope, x *graph.Node) *graph.Node { return net.Logits(scope, x, false) }, frames)
	if err != nil {
		t.Fatal(err)
	}
	return flat(t, out)
}

// trainSteps makes steps of plain SGD on frames whose classes are 0, 1, 2, 0, … and returns the losses.
func trainSteps(t *testing.T, engine compute.Backend, net *classifier.Classifier, store *model.Store, frames *tensors.Tensor, steps int) []float32 {
	t.Helper()
	trained, err := net.Trained(store)
	if err != nil {
		t.Fatal(err)
	}
	optimizer, err := train.NewOptimizer("sgd", 0.9, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := optimizer.Prepare(store, trained); err != nil {
		t.Fatal(err)
	}
	labels := make([]float32, frames.Shape().Dimensions[0])
	for i := range labels {
		labels[i] = float32(i % net.Classes())
	}
	exec, err := model.NewExec(engine, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		out := net.Logits(scope, inputs[0], true)
		loss := graph.Neg(graph.ReduceAllMean(graph.ReduceSum(graph.Mul(oneHot(out, labels), graph.LogSoftmax(out)), -1)))
		values := make([]*graph.Node, len(trained))
		for i, v := range trained {
			values[i] = v.NodeValue(loss)
		}
		optimizer.Update(store, trained, graph.Gradient(loss, values...), inputs[1:])
		return []*graph.Node{loss}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	var losses []float32
	for range steps {
		out, err := exec.Call(frames, float32(0.1))
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, flat(t, out[0])...)
	}
	return losses
}

// TestEveryTuningTrains runs each tuning on each backbone: a fresh module changes nothing, training lowers the loss, moves
// exactly what trains, and leaves the rest as it was, bit for bit.
func TestEveryTuningTrains(t *testing.T) {
	engine := goEngine(t)
	for backboneName, backbone := range backbones() {
		plain, plainStore := newNetwork(t, backbone, tuning.Config{Kind: "linear"})
		frames := clips(backbone, 6)
		base := logits(t, engine, plain, plainStore, frames)
		for name, c := range tunings() {
			t.Run(backboneName+"/"+name, func(t *testing.T) {
				net, store := newNetwork(t, backbone, c)
				if fresh := logits(t, engine, net, store, frames); !hasPrompts(c.Kind) && !slices.Equal(fresh, base) {
					t.Errorf("a fresh module changes the output: %v, without it %v", fresh, base)
				}
				before := map[string][]float32{}
				for _, p := range net.Parameters() {
					before[p.Name] = p.Draw(7)
				}
				losses := trainSteps(t, engine, net, store, frames, 4)
				if last := losses[len(losses)-1]; !(last < losses[0]) {
					t.Errorf("losses %v do not fall", losses)
				}
				for _, p := range net.Parameters() {
					after, err := weights.Values(store, p)
					if err != nil {
						t.Fatal(err)
					}
					moved := !slices.Equal(before[p.Name], after)
					trains := p.Role == weights.Buffer || net.Tuning.Trains(p)
					if moved && !trains {
						t.Errorf("frozen %s moved", p.Name)
					}
					// Batch normalisation follows the final norm, so that norm's gradient is 0 but for ε and rounding.
					if !moved && trains && !strings.HasPrefix(p.Name, backbone.FinalNorm()) {
						t.Errorf("%s should train and did not move", p.Name)
					}
				}
			})
		}
	}
}

func hasPrompts(kind string) bool {
	for _, t := range []string{"vpt", "vpt-shallow", "padapter+vpt", "adaptformer+vpt-shallow", "adaptformer+vpt+lora"} {
		if kind == t {
			return true
		}
	}
	return false
}

// TestNoise checks that dropout and stochastic depth are off outside training, draw anew each step, and draw the same on
// every engine.
func TestNoise(t *testing.T) {
	noisy := smallVideo
	noisy.Dropout, noisy.AttentionDropout, noisy.DropPath = 0.2, 0.1, 0.3
	c := tuning.Config{Kind: "padapter", Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned", Dropout: 0.1}
	quiet := c
	quiet.Dropout = 0
	still, stillStore := newNetwork(t, smallVideo, quiet)
	want := logits(t, goEngine(t), still, stillStore, clips(noisy, 6))
	var first []float32
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		net, store := newNetwork(t, noisy, c)
		frames := clips(noisy, 6) // a tensor stays with the engine that first sees it
		within(t, "output outside training", logits(t, b.Compute, net, store, frames), want, boundTrain)
		losses := trainSteps(t, b.Compute, net, store, frames, 3)
		if first == nil {
			first = losses
		}
		within(t, "losses", losses, first, boundStep)
		quietNet, quietStore := newNetwork(t, smallVideo, quiet)
		if plain := trainSteps(t, b.Compute, quietNet, quietStore, frames, 1); plain[0] == losses[0] {
			t.Errorf("the first loss is %g with and without noise", plain[0])
		}
	})
}

// TestRematerialize checks that computing blocks again on the way back changes nothing.
func TestRematerialize(t *testing.T) {
	again := smallVideo
	again.GradientCheckpointing = true
	c := tuning.Config{Kind: "padapter", Bottleneck: 3, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		frames := clips(smallVideo, 6)
		plain, plainStore := newNetwork(t, smallVideo, c)
		net, store := newNetwork(t, again, c)
		within(t, "losses", trainSteps(t, b.Compute, net, store, frames, 3), trainSteps(t, b.Compute, plain, plainStore, frames, 3), boundTrain)
	})
}
