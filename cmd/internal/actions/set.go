package actions

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// Set is an action data set: its classes and what its clips are made of.
type Set struct {
	Name    string
	Motions []Motion // Motions[i^1] is Motions[i] reversed in time
	Shapes  []Shape
	Skins   []Skin
	Grounds []Ground
}

// Source returns the set for pretraining: straight moves along an axis, change of size, and turning.
func Source() Set {
	return Set{
		Name: "source",
		Motions: pairs(
			pair{"move_right", "move_left", velocity(map[Factor]float64{X: 0.75})},
			pair{"move_down", "move_up", velocity(map[Factor]float64{Y: 1.0})},
			pair{"grow", "shrink", velocity(map[Factor]float64{Size: 0.8})},
			pair{"turn_clockwise", "turn_counterclockwise", velocity(map[Factor]float64{Angle: 0.7})},
		),
		Shapes:  []Shape{{"ellipse", ellipse}, {"square", square}, {"triangle", triangle}, {"half-disc", halfDisc}},
		Skins:   []Skin{{"bars", bars}, {"halves", halves}, {"quarters", quarters}},
		Grounds: []Ground{{"clouds", clouds}, {"waves", waves}},
	}
}

// Target returns the set for fine-tuning. No motion, shape, skin or background of Source occurs in it: moves along
// the diagonals, circling without turning, and rings that run outwards or inwards over a shape that stays.
func Target() Set {
	return Set{
		Name: "target",
		Motions: pairs(
			pair{"fall_right", "rise_left", velocity(map[Factor]float64{X: 0.55, Y: 0.73})},
			pair{"rise_right", "fall_left", velocity(map[Factor]float64{X: 0.55, Y: -0.73})},
			pair{"circle_clockwise", "circle_counterclockwise", velocity(map[Factor]float64{Orbit: 1.1})},
			pair{"ripple_out", "ripple_in", velocity(map[Factor]float64{Ripple: 1.8})},
		),
		Shapes:  []Shape{{"star", star}, {"cross", cross}, {"hexagon", hexagon}, {"drop", drop}},
		Skins:   []Skin{{"rings", rings}},
		Grounds: []Ground{{"plaid", plaid}, {"cells", cells}},
	}
}

// pair is an action and the name of the same action shown backwards.
type pair struct {
	forward, backward string
	velocity          State
}

func pairs(list ...pair) []Motion {
	var out []Motion
	for _, p := range list {
		m := Motion{Name: p.forward, Velocity: p.velocity}
		out = append(out, m, Motion{Name: p.backward, Velocity: m.Reversed()})
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
