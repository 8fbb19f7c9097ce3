package tuning

import (
	"fmt"
	"strconv"
	"strings"

	"padapter/models/vit"
	"padapter/models/weights"
)

// Tuning adapts a backbone.
type Tuning interface {
	vit.Hooks
	// Parameters lists the parameters that the tuning adds, all with role weights.Tuning.
	Parameters() []weights.Parameter
	// Trains reports whether a parameter of the classifier is trained.
	Trains(p weights.Parameter) bool
}

// Config selects a tuning and its settings. Fields that a tuning does not have are ignored.
type Config struct {
	Kind         string  // one of the names that New knows, or several of them joined by +, such as "padapter+lora"
	Bottleneck   int     // PAdapter, AdaptFormer: b, the inner width
	Location     string  // PAdapter: one of Locations
	CatMode      string  // PAdapter: one of CatModes
	LearnMode    string  // PAdapter: one of LearnModes
	Scale        string  // PAdapter: "learned", or a fixed number
	PromptLength int     // PAdapter: rows of a prompt; 0 for one per token, or 1
	Dropout      float64 // PAdapter, AdaptFormer: rate between ReLU and the up projection, in [0, 1)
	Prompts      int     // VPT: number of prompt tokens
	Rank         int     // LoRA: r
	Alpha        float64 // LoRA: α; 0 means r
}

// kinds lists the names that New accepts.
var kinds = []string{"padapter", "adaptformer", "adaptformer-sequential", "vpt", "vpt-shallow", "lora", "linear", "full"}

// New returns the tuning for a backbone. It returns an error if the name is unknown or a setting is invalid.
func New(c Config, backbone vit.Config) (Tuning, error) {
	if strings.Contains(c.Kind, "+") {
		return newUnion(c, backbone)
	}
	switch c.Kind {
	case "padapter":
		return newPAdapter(c, backbone)
	case "adaptformer", "adaptformer-sequential":
		return newAdaptFormer(c, backbone)
	case "vpt", "vpt-shallow":
		return newVPT(c, backbone)
	case "lora":
		return newLoRA(c, backbone)
	case "linear":
		return linearTuning{}, nil
	case "full":
		return fullTuning{}, nil
	}
	return nil, fmt.Errorf("tuning %q is unknown: use one of %s", c.Kind, strings.Join(kinds, ", "))
}

// efficient is embedded by all parameter-efficient tunings. They train their own parameters, the norm before the head,
// and the head.
type efficient struct{}

func (efficient) Trains(p weights.Parameter) bool {
	switch p.Role {
	case weights.Tuning, weights.Pooling, weights.Head:
		return true
	}
	return false
}

// linearTuning trains the head and the norm before it (linear probing).
type linearTuning struct {
	vit.NoHooks
	efficient
}

// Parameters returns nothing.
func (linearTuning) Parameters() []weights.Parameter { return nil }

// fullTuning trains all weights (full fine-tuning).
type fullTuning struct{ vit.NoHooks }

// Parameters returns nothing.
func (fullTuning) Parameters() []weights.Parameter { return nil }

// Trains is true for everything but buffers.
func (fullTuning) Trains(p weights.Parameter) bool { return p.Role != weights.Buffer }

// parseScale parses a scale setting: "learned" or a number.
func parseScale(s string) (learned bool, value float64, err error) {
	if s == "learned" {
		return true, 1, nil
	}
	value, err = strconv.ParseFloat(s, 64)
	if err != nil {
		return false, 0, fmt.Errorf("scale %q: use \"learned\" or a number", s)
	}
	return false, value, nil
}

// checkRate returns an error if rate is not a dropout rate.
func checkRate(rate float64) error {
	if !(rate >= 0 && rate < 1) {
		return fmt.Errorf("dropout is %g: use a rate from 0 up to but not including 1", rate)
	}
	return nil
}
