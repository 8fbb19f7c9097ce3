package devices_test

import (
	"syscall"
	"testing"
	"time"

	"padapter/models/classifier"
	"padapter/models/feed"
	"padapter/models/train"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/pipeline/batch"
)

// processorSeconds returns the processor time of a training step on so many devices, which other programs do not change.
func processorSeconds(t *testing.T, devices int) float64 {
	t.Helper()
	backbone := vit.Config{Frames: 4, Height: 64, Width: 64, Tubelet: 2, Patch: 8, Dim: 96, Depth: 2, Heads: 3, MLPRatio: 4}
	network, err := classifier.New(backbone, tuning.Config{Kind: "full"}, [3]float32{0.5, 0.5, 0.5}, [3]float32{0.25, 0.25, 0.25}, 4)
	if err != nil {
		t.Fatal(err)
	}
	store, err := network.NewStore(1)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Finalize()
	trained, err := network.Trained(store)
	if err != nil {
		t.Fatal(err)
	}
	optimizer, err := train.NewOptimizer("sgd", 0.9, 0)
	if err != nil {
		t.Fatal(err)
	}
	const clips, steps = 16, 3
	s, err := train.NewStepper(train.StepOptions{
		Backend: open(t, devices).Compute, Store: store, Network: network, Trained: trained, Optimizer: optimizer, Batch: clips,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	size := batch.Shape{Frames: backbone.Frames, Height: backbone.Height, Width: backbone.Width, Channels: vit.Channels}
	b := &feed.Batch{Shape: size, Frames: make([]uint8, clips*size.Bytes()), Labels: make([]int32, clips), Flips: make([]bool, clips), Filled: clips, Share: 1}
	for i := range b.Frames {
		b.Frames[i] = uint8(i * 7 >> 3)
	}
	var before time.Duration
	for n := range steps + 1 {
		if _, _, err := s.Step(b, int64(n+1), 0.001); err != nil {
			t.Fatal(err)
		}
		if n == 0 { // compiled
			before = used(t)
		}
	}
	return (used(t) - before).Seconds() / steps
}

// used is the processor time of this process.
func used(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestDevicesShareTheWork fails when every device computes the whole batch: then four take four times what one takes.
func TestDevicesShareTheWork(t *testing.T) {
	one, four := processorSeconds(t, 1), processorSeconds(t, simulated)
	t.Logf("a step takes %.2f s of processor time on one device, %.2f s on %d", one, four, simulated)
	if four > 2*one {
		t.Errorf("a step takes %.2f s of processor time on %d devices, %.2f s on one", four, simulated, one)
	}
}
