package devices_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"padapter/models/classifier"
	"padapter/models/feed"
	"padapter/models/feed/feedtest"
	"padapter/models/infer"
)

// logits runs clips through a fresh network on so many devices, in batches of 6, the last of them with 3 clips.
func logits(t *testing.T, devices int) (logits, features [][]float32) {
	t.Helper()
	r := tiny("padapter")
	network, err := classifier.FromRecipe(r, len(feedtest.MotionClasses))
	if err != nil {
		t.Fatal(err)
	}
	store, err := network.NewStore(1)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Finalize()
	p, err := infer.NewEmbedding(open(t, devices).Compute, store, network)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	clips := feedtest.New(t, shape, feedtest.MotionClasses, feedtest.Motion(shape, 15, 2))
	var stats feed.Stats
	for b, err := range feed.Batches(t.Context(), clips, 0, feed.Options{Size: 6, Partial: true}, &stats) {
		if err != nil {
			t.Fatal(err)
		}
		l, f, err := p.Embed(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range l { // the caller owns the logits, not necessarily for longer the features
			logits, features = append(logits, slices.Clone(l[i])), append(features, slices.Clone(f[i]))
		}
	}
	return logits, features
}

// TestLogitsAreTheSameOnAnyNumberOfDevices also has batches that the devices do not divide.
func TestLogitsAreTheSameOnAnyNumberOfDevices(t *testing.T) {
	one, features := logits(t, 1)
	if len(one) != 15 {
		t.Fatalf("%d clips, want 15", len(one))
	}
	for _, devices := range []int{2, 4} {
		t.Run(fmt.Sprint(devices), func(t *testing.T) {
			got, embedded := logits(t, devices)
			again, _ := logits(t, devices)
			if len(got) != len(one) {
				t.Fatalf("%d clips, want %d", len(got), len(one))
			}
			for i := range one {
				if !slices.Equal(again[i], got[i]) {
					t.Errorf("clip %d: logits are %v in a second run, %v in the first", i, again[i], got[i])
				}
				for j, want := range append(slices.Clone(one[i]), features[i]...) {
					if g := append(slices.Clone(got[i]), embedded[i]...)[j]; math.Abs(float64(g-want)) > 1e-6*math.Max(1, math.Abs(float64(want))) {
						t.Errorf("clip %d, value %d: %v, on one device %v", i, j, g, want)
					}
				}
			}
		})
	}
}
