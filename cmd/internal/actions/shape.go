package actions

import "math"

// Shape is an outline in local coordinates: Distance is negative inside, zero on the outline and positive outside,
// with slope about 1 near the outline. Every shape lies within the unit circle.
type Shape struct {
	name     string
	distance func(u, v float64) float64
}

func ellipse(u, v float64) float64 {
	const a, b = 1.0, 0.55
	return (norm(u/a, v/b) - 1) * b
}

func square(u, v float64) float64 {
	return max(math.Abs(u), math.Abs(v)) - 0.72
}

func triangle(u, v float64) float64 {
	const inner = 0.5 // distance of a side from the centre
	return polygon(u, v, 3) - inner
}

func halfDisc(u, v float64) float64 {
	u -= 0.25
	return max(norm(u+0.25, v)-0.97, -(u + 0.45))
}

func star(u, v float64) float64 {
	r := norm(u, v)
	turn := math.Atan2(v, u) / (2 * math.Pi) * 5
	ray := math.Abs(turn-math.Round(turn)) * 2 // 0 on a ray, 1 between two rays
	return (r - (0.98 - 0.52*ray)) * 0.7
}

func cross(u, v float64) float64 {
	u, v = math.Abs(u), math.Abs(v)
	long, wide := max(u, v), min(u, v)
	return max(long-0.9, wide-0.34)
}

func hexagon(u, v float64) float64 {
	return polygon(u, v, 6) - 0.84
}

func drop(u, v float64) float64 {
	disc := norm(u+0.25, v) - 0.62
	wedge := max(math.Abs(v)*0.86+u*0.5-0.47, -u-0.1)
	return min(disc, wedge)
}

// polygon returns the distance of the outermost side line through (u, v) from the centre of a regular polygon.
func polygon(u, v float64, sides int) float64 {
	sector := 2 * math.Pi / float64(sides)
	a := math.Atan2(v, u)
	a -= sector * math.Round(a/sector)
	return norm(u, v) * math.Cos(a)
}

// norm is the length of (u, v). The values here are near 1, so math.Hypot's care for overflow is not needed.
func norm(u, v float64) float64 { return math.Sqrt(u*u + v*v) }
