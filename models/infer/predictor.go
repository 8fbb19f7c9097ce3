package infer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/devices"
	"padapter/models/feed"
	"padapter/models/weights"
)

// Network is a clip classifier whose weights are variables of a store.
type Network interface {
	// Logits builds the forward pass: frames uint8 [B, T, H, W, C] RGB to logits float32 [B, classes]. It includes
	// scaling and normalisation. With training set, batch normalisation uses batch statistics and updates the running
	// statistics.
	Logits(scope *model.Scope, frames *graph.Node, training bool) *graph.Node
	// Classes returns the number of logits of a clip.
	Classes() int
	// Count returns the number of trained weights and of all weights, without buffers.
	Count() (trained, all int)
}

// embedder is a network that also returns the input of its head.
type embedder interface {
	// Embedded is Logits for inference that also returns the head's input, float32 [B, D].
	Embedded(scope *model.Scope, frames *graph.Node) (logits, features *graph.Node)
}

// sized is a network that reports the size of its intermediate values.
type sized interface {
	// ClipBytes returns the size in bytes of the largest intermediate value of the forward pass for one clip.
	ClipBytes() int64
}

// Parameters returns the parameters of a network that has a method of that name, nil for others.
func Parameters(network Network) []weights.Parameter {
	if listed, ok := network.(interface{ Parameters() []weights.Parameter }); ok {
		return listed.Parameters()
	}
	return nil
}

// partBytes is the size of the largest intermediate value up to which a batch is processed at once on a CPU. Beyond the
// CPU caches, larger batches are not faster and only take more memory.
const partBytes = 32 << 20

// Predictor holds the compiled forward graph of one batch size.
type Predictor struct {
	exec    *devices.Exec
	devices int // on which a forward pass runs at once
	classes int
	embeds  bool // the graph also returns the features
	most    int  // clips in one forward pass on a device; 0 means all
}

// New prepares the forward pass and moves the weights to the backend. The graph is compiled by the first call.
func New(backend compute.Backend, store *model.Store, network Network) (*Predictor, error) {
	return prepare(backend, store, network, false)
}

// NewEmbedding is New for a network with a method Embedded, for which Embed also returns the features.
func NewEmbedding(backend compute.Backend, store *model.Store, network Network) (*Predictor, error) {
	return prepare(backend, store, network, true)
}

func prepare(backend compute.Backend, store *model.Store, network Network, embeds bool) (*Predictor, error) {
	embedder, ok := network.(embedder)
	if embeds && !ok {
		return nil, errors.New("prepare the forward pass: this network does not return its features")
	}
	if err := weights.ToDevice(store, backend, Parameters(network)); err != nil {
		return nil, err
	}
	exec, err := devices.NewExec(backend, store, "forward", 1, func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		if embeds {
			logits, features := embedder.Embedded(scope, inputs[0])
			return []*graph.Node{logits, features}
		}
		return []*graph.Node{network.Logits(scope, inputs[0], false)}
	})
	if err != nil {
		return nil, err
	}
	p := &Predictor{exec: exec, devices: devices.Count(backend), classes: network.Classes(), embeds: embeds}
	if sized, ok := network.(sized); ok && backend.HasSharedBuffers() { // the engine uses host memory
		p.most = int(max(1, partBytes/max(1, sized.ClipBytes())))
	}
	return p, nil
}

// part returns how many clips of a batch go through the network at once: the largest divisor of the batch within the
// limit. On several devices the batch must be a multiple of their number, and so are parts of it.
func (p *Predictor) part(batch int) int {
	if p.most == 0 || p.most*p.devices >= batch {
		return batch
	}
	n := p.most * p.devices
	for batch%n != 0 {
		n -= p.devices
	}
	return n
}

// Logits returns a slice of [classes] for every filled slot of the batch, in slot order. The caller owns the slices. On
// a CPU, a batch with large intermediate values is processed in parts.
func (p *Predictor) Logits(b *feed.Batch) ([][]float32, error) {
	logits, _, err := p.Embed(b)
	return logits, err
}

// Embed is Logits that also returns the features [D] of every slot. They are nil unless the Predictor was made by
// NewEmbedding.
func (p *Predictor) Embed(b *feed.Batch) (logits, features [][]float32, err error) {
	logits = make([][]float32, 0, b.Filled)
	part := p.part(p.rounded(len(b.Labels)))
	for from := 0; from < b.Filled; from += part { // skip parts that are only padding
		outputs, err := p.run(b, from, part)
		if err != nil {
			return nil, nil, err
		}
		clips := min(part, b.Filled-from)
		logits = append(logits, slotted(outputs[0], part)[:clips]...)
		if p.embeds {
			features = append(features, slotted(outputs[1], part)[:clips]...)
		}
	}
	return logits, features, nil
}

// slotted divides [n, width] values into n slices.
func slotted(flat []float32, n int) [][]float32 {
	width := len(flat) / n
	slots := make([][]float32, n)
	for i := range slots {
		slots[i] = flat[i*width : (i+1)*width : (i+1)*width]
	}
	return slots
}

// rounded returns the least number of slots, at least n, that the devices share equally. Slots that are added are empty,
// and change nothing, because every clip goes through the network by itself.
func (p *Predictor) rounded(n int) int { return (n + p.devices - 1) / p.devices * p.devices }

// run returns the outputs for n slots of the batch, each [n, width] flat.
func (p *Predictor) run(b *feed.Batch, from, n int) (flat [][]float32, err error) {
	s := b.Shape
	pixels := b.Frames[from*s.Bytes() : min((from+n)*s.Bytes(), len(b.Frames))]
	if missing := n*s.Bytes() - len(pixels); missing > 0 {
		pixels = append(slices.Clone(pixels), make([]uint8, missing)...)
	}
	flat, err = p.exec.Call(tensors.FromFlatDataAndDimensions(pixels, n, s.Frames, s.Height, s.Width, s.Channels))
	if err != nil {
		return nil, fmt.Errorf("run the network forward on %d clips: %w", n, err)
	}
	if want := n * p.classes; len(flat[0]) != want {
		return nil, fmt.Errorf("read logits: the network returned %d values, want %d clips of %d classes", len(flat[0]), n, p.classes)
	}
	if p.embeds && (len(flat[1]) == 0 || len(flat[1])%n != 0) {
		return nil, fmt.Errorf("read features: the network returned %d values for %d clips", len(flat[1]), n)
	}
	return flat, nil
}

// Close frees the compiled graph. The weights stay.
func (p *Predictor) Close() { p.exec.Close() }

// FramesTensor copies a batch's frames into a tensor uint8 [B, T, H, W, C].
func FramesTensor(b *feed.Batch) *tensors.Tensor {
	s := b.Shape
	return tensors.FromFlatDataAndDimensions(b.Frames, len(b.Labels), s.Frames, s.Height, s.Width, s.Channels)
}
