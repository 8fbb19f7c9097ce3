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
	Kind       string // one of Kinds
	Bottleneck int    // b, PAdapter's and AdaptFormer's inner width
	Location   string // PAdapter: one of Locations
	CatMode    string // PAdapter: one of CatModes
	LearnMode  string // PAdapter: one of LearnModes
	Scale      string // PAdapter: "learned", or a fixed number
	Prompts    int    // VPT: tokens a block
}

// Kinds lists the tunings that New knows.
var Kinds = []string{"padapter", "adaptformer", "vpt", "linear", "full"}

// New returns the tuning for a trunk, or an error that says what is wrong with its settings.
func New(c Config, trunk vit.Config) (Tuning, error) {
	switch c.Kind {
	case "padapter":
		return newPAdapter(c, trunk)
	case "adaptformer":
		return newAdaptFormer(c, trunk)
	case "vpt":
		return newVPT(c, trunk)
	case "linear":
		return Linear{}, nil
	case "full":
		return Full{}, nil
	}
	return nil, fmt.Errorf("tuning %q is unknown: use one of %s", c.Kind, strings.Join(Kinds, ", "))
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

// Linear trains the head and the norm before it.
type Linear struct {
	vit.NoHooks
	efficient
}

// Parameters returns nothing.
func (Linear) Parameters() []weights.Parameter { return nil }

// Full trains everything.
type Full struct{ vit.NoHooks }

// Parameters returns nothing.
func (Full) Parameters() []weights.Parameter { return nil }

// Trains is true for all weights.
func (Full) Trains(p weights.Parameter) bool { return p.Role != weights.Statistic }

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
