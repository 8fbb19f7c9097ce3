package tuning_test

import (
	"fmt"
	"strings"
	"testing"

	"padapter/models/classifier"
	"padapter/models/tuning"
	"padapter/models/vit"
)

// backbones are small networks: video, and image with a class token, which has a prompt row of its own.
var backbones = map[string]vit.Config{
	"video": {Frames: 4, Height: 32, Width: 48, Tubelet: 2, Patch: 16, Dim: 24, Depth: 3, Heads: 2, MLPRatio: 2},
	"image": {Frames: 2, Height: 32, Width: 32, Tubelet: 1, Patch: 16, Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2,
		Positions: "learned", ClassToken: true, KeyBias: true, Flat: true},
}

// counted is the number of elements of the variables that a network's store has for the tuning and not for tuning
// linear: nothing of it comes from the tuning's own list of parameters.
func counted(t *testing.T, c tuning.Config, backbone vit.Config) int {
	t.Helper()
	elements := func(c tuning.Config) int {
		network, err := classifier.New(backbone, c, [vit.Channels]float32{}, [vit.Channels]float32{1, 1, 1}, 5)
		if err != nil {
			t.Fatal(err)
		}
		store, err := network.NewStore(1)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Finalize()
		n := 0
		for v := range store.IterVariables() {
			n += v.Shape().Size()
		}
		return n
	}
	return elements(c) - elements(tuning.Config{Kind: "linear"})
}

// padapters are all forms of PAdapter that differ in what they may hold.
func padapters() []tuning.Config {
	var all []tuning.Config
	for _, cat := range tuning.CatModes {
		for _, learn := range tuning.LearnModes {
			for _, length := range []int{0, 1} {
				for _, scale := range []string{"learned", "0.1"} {
					all = append(all, tuning.Config{Kind: "padapter", Bottleneck: 6, Location: "a_m_p", CatMode: cat, LearnMode: learn, PromptLength: length, Scale: scale})
				}
			}
		}
	}
	return all
}

func TestBlockParametersAreThoseOfTheNetwork(t *testing.T) {
	others := []tuning.Config{
		{Kind: "adaptformer", Bottleneck: 7}, {Kind: "adaptformer-sequential", Bottleneck: 3}, {Kind: "vpt", Prompts: 5},
		{Kind: "lora", Rank: 4}, {Kind: "linear"}, {Kind: "full"},
		{Kind: "padapter+lora", Bottleneck: 4, Location: "a_p+m", CatMode: "p_2x_p", LearnMode: "cat", Scale: "learned", Rank: 2},
	}
	for name, backbone := range backbones {
		for _, c := range append(padapters(), others...) {
			got, err := tuning.BlockParameters(c, backbone)
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, c, err)
			}
			if want := counted(t, c, backbone); got*backbone.Depth != want {
				t.Errorf("%s, %+v: %d a block, %d blocks, but the network has %d", name, c, got, backbone.Depth, want)
			}
		}
		shallow := tuning.Config{Kind: "vpt-shallow", Prompts: 5}
		if got, err := tuning.BlockParameters(shallow, backbone); err != nil || got != counted(t, shallow, backbone) {
			t.Errorf("%s: shallow prompts: %d (%v), the network has %d", name, got, err, counted(t, shallow, backbone))
		}
	}
}

// TestBlockParametersByHand has the numbers of ViT-B with 784 tokens and b = 32 as they are computed by hand: prompts
// N·b, down D·b + b, up 2b·D + D in mode x_p, and one scale.
func TestBlockParametersByHand(t *testing.T) {
	backbone := vit.Config{Frames: 8, Height: 224, Width: 224, Tubelet: 2, Patch: 16, Dim: 768, Depth: 12, Heads: 12, MLPRatio: 4}
	for form, want := range map[[2]string]int{
		{"x_p", "784"}:    784*32 + 768*32 + 32 + 64*768 + 768 + 1,
		{"x_p", "1"}:      32 + 768*32 + 32 + 64*768 + 768 + 1,
		{"p_x_p", "784"}:  2*784*32 + 768*32 + 32 + 96*768 + 768 + 1,
		{"p_2x_p", "784"}: 2*784*32 + 768*64 + 64 + 128*768 + 768 + 1,
		{"p_2x_p", "1"}:   2*32 + 768*64 + 64 + 128*768 + 768 + 1,
	} {
		c := tuning.Config{Kind: "padapter", Bottleneck: 32, Location: "a_m_p", CatMode: form[0], LearnMode: "add", Scale: "learned"}
		if form[1] == "1" {
			c.PromptLength = 1
		}
		if got, err := tuning.BlockParameters(c, backbone); err != nil || got != want {
			t.Errorf("%v: %d parameters (%v), want %d", form, got, err, want)
		}
	}
}

// TestMatchComesClosest tries the widths around the one that was found, on built networks.
func TestMatchComesClosest(t *testing.T) {
	for name, backbone := range backbones {
		for _, like := range padapters() {
			wanted := counted(t, like, backbone)
			for _, kind := range []string{"adaptformer", "adaptformer-sequential", "vpt"} {
				matched, err := tuning.Match(tuning.Config{Kind: kind}, like, backbone)
				if err != nil {
					t.Fatal(err)
				}
				away := func(by int) int {
					c := matched
					c.Bottleneck, c.Prompts = max(1, c.Bottleneck+by), max(1, c.Prompts+by)
					d := counted(t, c, backbone) - wanted
					return max(d, -d)
				}
				at := fmt.Sprintf("%s, %s like %+v: bottleneck %d, prompts %d", name, kind, like, matched.Bottleneck, matched.Prompts)
				if best := away(0); away(1) < best || away(-1) < best {
					t.Errorf("%s: %d away, one less %d, one more %d", at, best, away(-1), away(1))
				}
			}
		}
	}
}

func TestMatchWithoutAnswer(t *testing.T) {
	backbone := backbones["video"]
	like := padapters()[0]
	lora := tuning.Config{Kind: "lora", Rank: 9}
	if got, err := tuning.Match(lora, like, backbone); err != nil || got != lora {
		t.Errorf("lora became %+v (%v)", got, err)
	}
	tiny := tuning.Config{Kind: "vpt", Prompts: 1}
	if got, err := tuning.Match(tuning.Config{Kind: "adaptformer"}, tiny, backbone); err != nil || got.Bottleneck != 1 {
		t.Errorf("like one prompt: %+v (%v), want a bottleneck of 1", got, err)
	}
	like.Bottleneck = 0
	if _, err := tuning.Match(tuning.Config{Kind: "vpt"}, like, backbone); err == nil || !strings.Contains(err.Error(), "bottleneck is 0") {
		t.Errorf("like a PAdapter without width: %v", err)
	}
}
