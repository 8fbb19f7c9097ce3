package actions

import "math"

// Factor names one cyclic coordinate of a shape's state.
type Factor int

// The cyclic factors. All are phases in turns: 1 is the way once round.
const (
	X       Factor = iota // horizontal position; 1 = one frame width, leaving right enters left
	Y                     // vertical position, downwards; 1 = one frame height
	Angle                 // orientation; 1 = one turn, clockwise on the screen
	Size                  // radius from smallest (0) to largest (1) on a log scale, then again from the smallest
	Orbit                 // place on a circular path around (X, Y); clockwise on the screen
	Ripple                // phase of the ring texture; growing phase moves the rings outwards
	factors               // number of factors
)

// State is a point on the torus of factors.
type State [factors]float64

// Motion is an action class: a name and the velocity of each factor in turns per clip.
type Motion struct {
	Name     string
	Velocity State
}

// Reversed returns the velocity of the motion shown backwards.
func (m Motion) Reversed() State {
	var v State
	for f, speed := range m.Velocity {
		v[f] = -speed
	}
	return v
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

// velocity builds a State from pairs of factor and turns per clip.
func velocity(parts map[Factor]float64) State {
	var v State
	for f, turns := range parts {
		v[f] = turns
	}
	return v
}
