package tuning

import (
	"fmt"
	"strconv"
	"strings"

	"padapter/models/vit"
	"padapter/models/weights"
)

// Tuning adapts a trunk.
type Tuning interface {
	vit.Hooks
	// Parameters lists what the tuning adds, all of role weights.Tuning.
	Parameters() []weights.Parameter
	// Trains says whether a parameter of the classifier is optimised.
	Trains(p weights.Parameter) bool
}

// Config names a tuning and its settings; fields that the kind doesn't have are ignored.
type Config struct {
	Kind         string  // one of the names that New knows, or several of them joined by +, such as "padapter+lora"
	Bottleneck   int     // b, PAdapter's and AdaptFormer's inner width
	Location     string  // PAdapter: one of Locations
	CatMode      string  // PAdapter: one of CatModes
	LearnMode    string  // PAdapter: one of LearnModes
	Scale        string  // PAdapter: "learned", or a fixed number
	PromptLength int     // PAdapter: rows of a prompt, 0 for one a token, or 1
	Dropout      float64 // PAdapter, AdaptFormer: rate between ReLU and the up projection, in [0, 1)
	Prompts      int     // VPT: tokens
	Rank         int     // LoRA: r
	Alpha        float64 // LoRA: α; 0 stands for r
}

// kinds lists the tunings that New knows.
var kinds = []string{"padapter", "adaptformer", "adaptformer-sequential", "vpt", "vpt-shallow", "lora", "linear", "full"}

// New returns the tuning for a trunk, or an error that says what is wrong with its settings.
func New(c Config, trunk vit.Config) (Tuning, error) {
	if strings.Contains(c.Kind, "+") {
		return newUnion(c, trunk)
	}
	switch c.Kind {
	case "padapter":
		return newPAdapter(c, trunk)
	case "adaptformer", "adaptformer-sequential":
		return newAdaptFormer(c, trunk)
	case "vpt", "vpt-shallow":
		return newVPT(c, trunk)
	case "lora":
		return newLoRA(c, trunk)
	case "linear":
		return linearTuning{}, nil
	case "full":
		return fullTuning{}, nil
	}
	return nil, fmt.Errorf("tuning %q is unknown: use one of %s", c.Kind, strings.Join(kinds, ", "))
}

// efficient is what all parameter-efficient tunings train: what they add, the norm before the head, the head.
type efficient struct{}

func (efficient) Trains(p weights.Parameter) bool {
	switch p.Role {
	case weights.Tuning, weights.Pooling, weights.Head:
		return true
	}
	return false
}

// linearTuning trains the head and the norm before it.
type linearTuning struct {
	vit.NoHooks
	efficient
}

// Parameters returns nothing.
func (linearTuning) Parameters() []weights.Parameter { return nil }

// fullTuning trains everything.
type fullTuning struct{ vit.NoHooks }

// Parameters returns nothing.
func (fullTuning) Parameters() []weights.Parameter { return nil }

// Trains is true for all weights.
func (fullTuning) Trains(p weights.Parameter) bool { return p.Role != weights.Statistic }

// parseScale reads a scale setting: learned, or a number.
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

// checkRate refuses what is no dropout rate.
func checkRate(rate float64) error {
	if !(rate >= 0 && rate < 1) {
		return fmt.Errorf("dropout is %g: use a rate from 0 up to but not including 1", rate)
	}
	return nil
}
