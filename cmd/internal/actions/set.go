package actions

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// Version changes whenever the same arguments give other pixels.
const Version = 1

// Set is an action data set: its classes and what its clips are made of.
type Set struct {
	Name    string
	Motions []Motion // Motions[i^1] is Motions[i] reversed in time
	shapes  []Shape
	skins   []Skin
	grounds []Ground
}

// Speeds of the basic motions, in turns per clip.
var (
	right     = along(factorX, 0.50)
	down      = along(factorY, 0.67)
	up        = along(factorY, -0.67)
	grow      = along(factorSize, 0.65)
	clockwise = along(factorAngle, 0.50)
)

// Source returns the set for pretraining: steady moves along an axis, steady change of size, steady turning.
func Source() Set {
	return Set{
		Name: "source",
		Motions: pairs(
			pair{"move_right", "move_left", right, right},
			pair{"move_down", "move_up", down, down},
			pair{"grow", "shrink", grow, grow},
			pair{"turn_clockwise", "turn_counterclockwise", clockwise, clockwise},
		),
		shapes:  []Shape{{"ellipse", ellipse}, {"square", square}, {"triangle", triangle}, {"half-disc", halfDisc}},
		skins:   []Skin{{"bars", bars}, {"halves", halves}, {"quarters", quarters}},
		grounds: []Ground{{"clouds", clouds}, {"waves", waves}},
	}
}

// Target returns the set for fine-tuning: one motion, then another. The same two motions in the other order, and both
// backwards, are other classes. No action, shape, skin or background of Source occurs in it.
func Target() Set {
	return Set{
		Name: "target",
		Motions: pairs(
			pair{"right_then_down", "up_then_left", right, down},
			pair{"down_then_right", "left_then_up", down, right},
			pair{"right_then_up", "down_then_left", right, up},
			pair{"up_then_right", "left_then_down", up, right},
		),
		shapes:  []Shape{{"star", star}, {"cross", cross}, {"hexagon", hexagon}, {"drop", drop}},
		skins:   []Skin{{"rings", rings}, {"spot", spot}, {"slope", slope}},
		grounds: []Ground{{"plaid", plaid}, {"cells", cells}},
	}
}

// pair is an action, the name of the same action shown backwards, and the action's two velocities.
type pair struct {
	forward, backward string
	first, second     State
}

func pairs(list ...pair) []Motion {
	var out []Motion
	for _, p := range list {
		m := Motion{Name: p.forward, first: p.first, second: p.second}
		out = append(out, m, m.reversed(p.backward))
	}
	return out
}

// Classes returns the class names in label order.
func (s Set) Classes() []string {
	names := make([]string, len(s.Motions))
	for i, m := range s.Motions {
		names[i] = m.Name
	}
	return names
}

// Scene draws clip number index of the given class, with the given frame size in pixels and number of frames.
// Everything but the velocity is drawn independently of the class.
func (s Set) Scene(seed uint64, index, class, width, height, frames int) (*Scene, error) {
	if class < 0 || class >= len(s.Motions) {
		return nil, fmt.Errorf("draw scene: class %d of set %s; it has classes 0 to %d", class, s.Name, len(s.Motions)-1)
	}
	if width < 16 || height < 16 || frames < 2 {
		return nil, fmt.Errorf("draw scene: %d×%d pixels and %d frames; at least 16×16 and 2 are needed", width, height, frames)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", s.Name, index)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	return newScene(s, s.Motions[class], r, width, height, frames), nil
}
