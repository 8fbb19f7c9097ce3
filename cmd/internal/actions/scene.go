package actions

import (
	"math"
	"math/rand/v2"
)

const (
	smallest    = 0.26 // radius of the smallest shape, in frame heights
	largest     = 0.50 // radius of the largest shape
	drift       = 0.25 // largest drift of the background, in frame heights per clip
	speedSpread = 0.25 // a clip's speed lies within this part of its class's speed
	levels      = 1024 // steps of the background's palette
	turnSpread  = 0.08 // a clip changes its motion within this part of its length from the middle
)

// Scene is one clip ready to be rendered.
type Scene struct {
	width, height, frames int

	shape  Shape
	skin   Skin
	start  State
	first  State   // velocity before the change
	second State   // and after it
	change float64 // when the motion changes, as part of the clip

	skinColours [2][3]float64

	palette     [levels][3]byte // background colours from one of its two colours to the other
	ground      []float32       // [Height, Width] values in [0, levels-1], periodic
	groundStart [2]float64
	groundDrift [2]float64 // pixels per clip
}

func newScene(set Set, m Motion, r *rand.Rand, width, height, frames int) *Scene {
	sc := &Scene{
		width: width, height: height, frames: frames,
		shape: set.shapes[r.IntN(len(set.shapes))],
		skin:  set.skins[r.IntN(len(set.skins))],
	}
	for f := range sc.start {
		sc.start[f] = r.Float64()
	}
	speed := 1 + speedSpread*(2*r.Float64()-1)
	for f := range factors {
		sc.first[f], sc.second[f] = m.first[f]*speed, m.second[f]*speed
	}
	sc.change = 0.5 + turnSpread*(2*r.Float64()-1)
	sc.colours(r)

	value := set.grounds[r.IntN(len(set.grounds))].draw(r)
	sc.ground = make([]float32, width*height)
	for y := range height {
		for x := range width {
			v := value(float64(x)/float64(width), float64(y)/float64(height))
			sc.ground[y*width+x] = float32(v * (levels - 1))
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
	for i := range sc.palette {
		mix := float64(i) / (levels - 1)
		for c := range 3 {
			sc.palette[i][c] = byte(dark[0][c]*(1-mix) + dark[1][c]*mix + 0.5)
		}
	}
	// The shape's own two tones differ strongly: one from the other side, one near the middle.
	sc.skinColours = light
	middle := colour(100, 150)
	sc.skinColours[0] = middle
}

// Render draws frame number frame into dst, [Height, Width, 3] uint8 RGB. dst must hold exactly one frame.
func (sc *Scene) Render(dst []byte, frame int) {
	part := (float64(frame) + 0.5) / float64(sc.frames)
	sc.renderGround(dst, part)
	sc.renderShape(dst, sc.state(part))
}

// state returns the state of the shape after the given part of the clip.
func (sc *Scene) state(part float64) State {
	if part <= sc.change {
		return sc.start.advance(sc.first, part)
	}
	return sc.start.advance(sc.first, sc.change).advance(sc.second, part-sc.change)
}

// renderGround draws the background, displaced with bilinear interpolation.
func (sc *Scene) renderGround(dst []byte, part float64) {
	w, h := sc.width, sc.height
	ox := wrap((sc.groundStart[0]-sc.groundDrift[0]*part)/float64(w)) * float64(w)
	oy := wrap((sc.groundStart[1]-sc.groundDrift[1]*part)/float64(h)) * float64(h)
	ix, iy := int(ox), int(oy)
	fx, fy := float32(ox)-float32(ix), float32(oy)-float32(iy)
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
			copy(dst[(y*w+x)*3:], sc.palette[min(levels-1, int(mix+0.5))][:])
		}
	}
}

// renderShape draws the shape in the given state over dst. The picture is periodic: what leaves on one side enters on
// the other.
func (sc *Scene) renderShape(dst []byte, s State) {
	w, h := float64(sc.width), float64(sc.height)
	radius := h * smallest * math.Pow(largest/smallest, s[factorSize])
	cx, cy := s[factorX]*w, s[factorY]*h
	sin, cos := math.Sincos(2 * math.Pi * s[factorAngle])

	x0, x1 := int(math.Floor(cx-radius))-1, int(math.Ceil(cx+radius))+1
	y0, y1 := int(math.Floor(cy-radius))-1, int(math.Ceil(cy+radius))+1
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			dx, dy := (float64(x)+0.5-cx)/radius, (float64(y)+0.5-cy)/radius
			if dx*dx+dy*dy > 1.2 {
				continue
			}
			u, v := dx*cos+dy*sin, -dx*sin+dy*cos
			cover := 0.5 - sc.shape.distance(u, v)*radius // one pixel wide edge
			if cover <= 0 {
				continue
			}
			cover = min(cover, 1)
			mix := sc.skin.value(u, v)
			p := dst[(mod(y, sc.height)*sc.width+mod(x, sc.width))*3:][:3]
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
