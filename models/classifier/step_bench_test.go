package classifier_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/backend"
	"padapter/models/classifier"
	"padapter/models/train"
	"padapter/models/tuning"
	"padapter/models/vit"
)

// BenchmarkStep times one training step of small networks on 8 frames of 64×64 and a batch of 32 clips; of 2 with -short,
// which shows that it works.
func BenchmarkStep(b *testing.B) {
	batch := 32
	if testing.Short() {
		batch = 2
	}
	for _, patch := range []int{16, 8} {
		for _, dim := range []int{64, 96} {
			for _, kind := range []string{"full", "padapter", "linear"} {
				for _, engine := range []string{"onnx", "xla", "go"} {
					b.Run(fmt.Sprintf("patch%d/dim%d/%s/%s", patch, dim, kind, engine), func(b *testing.B) {
						backbone := vit.Config{Frames: 8, Height: 64, Width: 64, Tubelet: 2, Patch: patch, Dim: dim, Depth: 4, Heads: dim / 32, MLPRatio: 4}
						c := tuning.Config{Kind: kind, Bottleneck: 16, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
						benchmarkStep(b, engine, backbone, c, batch)
					})
				}
			}
		}
	}
}

func benchmarkStep(b *testing.B, engine string, backbone vit.Config, c tuning.Config, batch int) {
	e, err := backend.Open(engine)
	if err != nil {
		b.Skip(err)
	}
	net, err := classifier.New(backbone, c, [3]float32{0.5, 0.5, 0.5}, [3]float32{0.25, 0.25, 0.25}, 8)
	if err != nil {
		b.Fatal(err)
	}
	store := model.NewStore()
	if err := net.Init(store, 1); err != nil {
		b.Fatal(err)
	}
	trained, err := net.Trained(store)
	if err != nil {
		b.Fatal(err)
	}
	optimizer, err := train.NewOptimizer("sgd", 0.9, 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := optimizer.Prepare(store, trained); err != nil {
		b.Fatal(err)
	}
	labels := make([]float32, batch)
	step, err := model.NewExec(e.Compute, store, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		logits := net.Logits(scope, inputs[0], true)
		loss := graph.Neg(graph.ReduceAllMean(graph.ReduceSum(graph.Mul(oneHot(logits, labels), graph.LogSoftmax(logits)), -1)))
		values := make([]*graph.Node, len(trained))
		for i, v := range trained {
			values[i] = v.NodeValue(loss)
		}
		optimizer.Update(store, trained, graph.Gradient(loss, values...), inputs[1:])
		return []*graph.Node{loss}
	})
	if err != nil {
		b.Fatal(err)
	}
	defer step.Finalize()
	pixels := make([]uint8, batch*backbone.Frames*backbone.Height*backbone.Width*vit.Channels)
	for i := range pixels {
		pixels[i] = uint8(i * 7)
	}
	frames := tensors.FromFlatDataAndDimensions(pixels, batch, backbone.Frames, backbone.Height, backbone.Width, vit.Channels)
	run := func() {
		out, err := step.Call(frames, float32(0.01))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := tensors.CopyFlatData[float32](out[0]); err != nil {
			b.Fatal(err)
		}
	}
	run()
	before := processorSeconds(b)
	for b.Loop() {
		run()
	}
	b.ReportMetric((processorSeconds(b)-before)/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(batch)*float64(b.N)/b.Elapsed().Seconds(), "clips/s")
}

// BenchmarkBase times a training step of ViT-B with PAdapter on 8 frames of 224×224, 784 tokens.
func BenchmarkBase(b *testing.B) {
	backbone := vit.Config{Frames: 8, Height: 224, Width: 224, Tubelet: 2, Patch: 16, Dim: 768, Depth: 12, Heads: 12, MLPRatio: 4}
	c := tuning.Config{Kind: "padapter", Bottleneck: 32, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	benchmarkStep(b, "onnx", backbone, c, 2)
}

// processorSeconds is the processor time that this process has used, which does not depend on what else runs.
func processorSeconds(b *testing.B) float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
