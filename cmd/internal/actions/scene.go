package actions

import (
	"math"
	"math/rand/v2"
)

const (
	smallest    = 0.20 // radius of the smallest shape, in frame heights
	largest     = 0.44 // radius of the largest shape
	orbitRadius = 0.22 // radius of the circular path
	drift       = 0.25 // largest drift of the background, in frame heights per clip
	speedSpread = 0.25 // a clip's speed lies within this part of its class's speed
)

// Scene is one clip ready to be rendered.
type Scene struct {
	Width, Height, Frames int

	shape    Shape
	skin     Skin
	start    State
	velocity State

	skinColours   [2][3]float64
	groundColours [2][3]float64
	ground        []float64 // [Height, Width] values in [0, 1], periodic
	groundStart   [2]float64
	groundDrift   [2]float64 // pixels per clip
}

func newScene(set Set, m Motion, r *rand.Rand, width, height, frames int) *Scene {
	sc := &Scene{
		Width: width, Height: height, Frames: frames,
		shape: set.Shapes[r.IntN(len(set.Shapes))],
		skin:  set.Skins[r.IntN(len(set.Skins))],
	}
	for f := range sc.start {
		sc.start[f] = r.Float64()
	}
	speed := 1 + speedSpread*(2*r.Float64()-1)
	for f, v := range m.Velocity {
		sc.velocity[f] = v * speed
	}
	sc.colours(r)

	value := set.Grounds[r.IntN(len(set.Grounds))].Draw(r)
	sc.ground = make([]float64, width*height)
	for y := range height {
		for x := range width {
			sc.ground[y*width+x] = value(float64(x)/float64(width), float64(y)/float64(height))
		}
	}
	direction, way := 2*math.Pi*r.Float64(), drift*r.Float64()*float64(height)
	sc.groundDrift = [2]float64{way * math.Cos(direction), way * math.Sin(direction)}
	sc.groundStart = [2]float64{r.Float64() * float64(width), r.Float64() * float64(height)}
	return sc
}

// colours draws a dark and a light pair of colours, one for the shape and one for the background.
func (sc *Scene) colours(r *rand.Rand) {
	colour := func(low, high float64) (c [3]float64) {
		for i := range c {
			c[i] = low + (high-low)*r.Float64()
		}
		return c
	}
	dark := [2][3]float64{colour(10, 70), colour(40, 110)}
	light := [2][3]float64{colour(150, 215), colour(185, 250)}
	if r.IntN(2) == 0 {
		dark, light = light, dark
	}
	sc.groundColours = dark
	// The shape's own two tones differ strongly: one from the other side, one near the middle.
	sc.skinColours = light
	middle := colour(100, 150)
	sc.skinColours[0] = middle
}

// Render draws frame number frame into dst, [Height, Width, 3] uint8 RGB. dst must hold exactly one frame.
func (sc *Scene) Render(dst []byte, frame int) {
	part := float64(frame) / float64(sc.Frames)
	sc.renderGround(dst, part)
	sc.renderShape(dst, sc.start.advance(sc.velocity, part))
}

// renderGround draws the background, displaced with bilinear interpolation.
func (sc *Scene) renderGround(dst []byte, part float64) {
	w, h := sc.Width, sc.Height
	ox := wrap((sc.groundStart[0]-sc.groundDrift[0]*part)/float64(w)) * float64(w)
	oy := wrap((sc.groundStart[1]-sc.groundDrift[1]*part)/float64(h)) * float64(h)
	ix, iy := int(ox), int(oy)
	fx, fy := ox-float64(ix), oy-float64(iy)
	for y := range h {
		top := sc.ground[((y+iy)%h)*w:][:w]
		low := sc.ground[((y+iy+1)%h)*w:][:w]
		a := ix % w
		left := top[a]*(1-fy) + low[a]*fy
		for x := range w {
			if a++; a == w {
				a = 0
			}
			right := top[a]*(1-fy) + low[a]*fy
			mix := left*(1-fx) + right*fx
			left = right
			p := dst[(y*w+x)*3:][:3]
			for c := range p {
				p[c] = byte(sc.groundColours[0][c]*(1-mix) + sc.groundColours[1][c]*mix + 0.5)
			}
		}
	}
}

// renderShape draws the shape in the given state over dst. The picture is periodic: what leaves on one side enters on
// the other.
func (sc *Scene) renderShape(dst []byte, s State) {
	w, h := float64(sc.Width), float64(sc.Height)
	radius := h * smallest * math.Pow(largest/smallest, s[Size])
	orbit := 2 * math.Pi * s[Orbit]
	cx := s[X]*w + orbitRadius*h*math.Cos(orbit)
	cy := s[Y]*h + orbitRadius*h*math.Sin(orbit)
	sin, cos := math.Sincos(2 * math.Pi * s[Angle])

	reach := int(math.Ceil(radius)) + 1
	x0, y0 := int(math.Floor(cx))-reach, int(math.Floor(cy))-reach
	for y := y0; y <= y0+2*reach+1; y++ {
		for x := x0; x <= x0+2*reach+1; x++ {
			dx, dy := (float64(x)+0.5-cx)/radius, (float64(y)+0.5-cy)/radius
			if dx*dx+dy*dy > 1.2 {
				continue
			}
			u, v := dx*cos+dy*sin, -dx*sin+dy*cos
			cover := 0.5 - sc.shape.Distance(u, v)*radius // one pixel wide edge
			if cover <= 0 {
				continue
			}
			cover = math.Min(cover, 1)
			mix := sc.skin.Value(u, v, s[Ripple])
			p := dst[(mod(y, sc.Height)*sc.Width+mod(x, sc.Width))*3:][:3]
			for c := range p {
				skin := sc.skinColours[0][c]*(1-mix) + sc.skinColours[1][c]*mix
				p[c] = byte(float64(p[c])*(1-cover) + skin*cover + 0.5)
			}
		}
	}
}

// mod is the remainder of a divided by n in [0, n).
func mod(a, n int) int {
	a %= n
	if a < 0 {
		a += n
	}
	return a
}
