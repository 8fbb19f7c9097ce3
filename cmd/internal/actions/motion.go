package actions

import "math"

// factor names one cyclic coordinate of a shape's state.
type factor int

// The cyclic factors. All are phases in turns: 1 is the way once round.
const (
	factorX     factor = iota // horizontal position; 1 = one frame width, leaving right enters left
	factorY                   // vertical position, downwards; 1 = one frame height
	factorAngle               // orientation; 1 = one turn, clockwise on the screen
	factorSize                // radius from smallest (0) to largest (1) on a log scale, then again from the smallest
	factors                   // number of factors
)

// State is a point on the torus of factors.
type State [factors]float64

// Motion is an action class: a name and the velocities of the factors, in turns per clip, before and after the
// change that every clip has near its middle. A steady motion has the same velocity on both sides.
type Motion struct {
	Name          string
	first, second State
}

// reversed returns the motion that shows m backwards.
func (m Motion) reversed(name string) Motion {
	back := Motion{Name: name}
	for f := range factors {
		back.first[f], back.second[f] = -m.second[f], -m.first[f]
	}
	return back
}

// advance returns the state reached from s after the given part of a clip at velocity v, wrapped into [0, 1).
func (s State) advance(v State, part float64) State {
	for f := range s {
		s[f] = wrap(s[f] + v[f]*part)
	}
	return s
}

// wrap reduces x to [0, 1).
func wrap(x float64) float64 {
	x -= math.Floor(x)
	if x >= 1 { // x was a tiny negative number
		return 0
	}
	return x
}

// along returns the velocity of one factor, in turns per clip, all others at rest.
func along(f factor, turns float64) State {
	var v State
	v[f] = turns
	return v
}
