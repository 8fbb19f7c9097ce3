package tuning

import (
	"padapter/models/vit"
	"padapter/models/weights"
)

// BlockParameters returns how many parameters a tuning adds to each block of a backbone, in the kind, modes and prompt
// length of c. Prompts of vpt-shallow, which stand before the first block and nowhere else, count as that block's; linear
// and full add none. The error is that of New.
func BlockParameters(c Config, backbone vit.Config) (int, error) {
	backbone.Depth = 1
	t, err := New(c, backbone)
	if err != nil {
		return 0, err
	}
	return weights.Count(t.Parameters(), func(weights.Parameter) bool { return true }), nil
}

// Match returns c with the width that comes closest to the parameters that like adds to a block, but at least 1: the
// bottleneck of adaptformer and adaptformer-sequential, the prompts of vpt. Of two widths that are equally close it is the
// smaller one. Other kinds are returned as they are. The error is that of New for like, or for another setting of c.
func Match(c, like Config, backbone vit.Config) (Config, error) {
	width := c.width()
	if width == nil {
		return c, nil
	}
	wanted, err := BlockParameters(like, backbone)
	if err != nil {
		return c, err
	}
	// The parameters of a block are a linear function of the width, which two points determine.
	var at [2]int
	for i := range at {
		*width = 1 + i
		if at[i], err = BlockParameters(c, backbone); err != nil {
			return c, err
		}
	}
	each := at[1] - at[0]
	*width = 1 + max(0, (2*(wanted-at[0])+each-1)/(2*each))
	return c, nil
}

// width is the setting that decides how many parameters the kind adds, or nil where Match leaves the kind alone.
func (c *Config) width() *int {
	switch c.Kind {
	case "adaptformer", "adaptformer-sequential":
		return &c.Bottleneck
	case "vpt":
		return &c.Prompts
	}
	return nil
}
