package actions

import (
	"math"
	"math/rand/v2"
)

// Skin is the texture of a shape: a value in [0, 1] at local coordinates (u, v) that mixes the shape's two colours.
type Skin struct {
	name  string
	value func(u, v float64) float64
}

// bars is a set of parallel stripes.
func bars(u, _ float64) float64 { return soft(math.Sin(2*math.Pi*(0.9*u+0.1)), 0.35) }

// halves has two sides of equal size.
func halves(_, v float64) float64 { return soft(v, 0.12) }

// quarters has four fields, opposite ones alike.
func quarters(u, v float64) float64 { return soft(u*v, 0.06) }

// rings is a set of circles around a point beside the centre.
func rings(u, v float64) float64 {
	return soft(math.Sin(2*math.Pi*1.3*norm(u-0.35, v)), 0.5)
}

// spot is one disc beside the centre.
func spot(u, v float64) float64 { return soft(norm(u-0.3, v-0.2)-0.38, 0.12) }

// slope runs evenly from one side to the other.
func slope(u, _ float64) float64 { return min(1, max(0, 0.5+0.7*u)) }

// soft is a smooth step from 0 to 1 around x = 0 of half-width w.
func soft(x, w float64) float64 {
	x = (x/w + 1) / 2
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	return x * x * (3 - 2*x)
}

// Ground is a background texture: it draws a function of (x, y) in turns that is periodic in both, values in [0, 1].
type Ground struct {
	name string
	draw func(r *rand.Rand) func(x, y float64) float64
}

// clouds is smooth value noise on a lattice of 4 × 3 random numbers plus a finer one of 8 × 6.
func clouds(r *rand.Rand) func(x, y float64) float64 {
	coarse, fine := lattice(r, 4, 3), lattice(r, 8, 6)
	return func(x, y float64) float64 { return 0.7*coarse(x, y) + 0.3*fine(x, y) }
}

// lattice interpolates a periodic grid of random numbers with smooth weights.
func lattice(r *rand.Rand, nx, ny int) func(x, y float64) float64 {
	grid := make([]float64, nx*ny)
	for i := range grid {
		grid[i] = r.Float64()
	}
	return func(x, y float64) float64 {
		x, y = wrap(x)*float64(nx), wrap(y)*float64(ny)
		i, j := int(x), int(y)
		fx, fy := x-float64(i), y-float64(j)
		fx, fy = fx*fx*(3-2*fx), fy*fy*(3-2*fy)
		at := func(i, j int) float64 { return grid[(j%ny)*nx+i%nx] }
		top := at(i, j)*(1-fx) + at(i+1, j)*fx
		low := at(i, j+1)*(1-fx) + at(i+1, j+1)*fx
		return top*(1-fy) + low*fy
	}
}

// waves is a plane wave with a random direction.
func waves(r *rand.Rand) func(x, y float64) float64 {
	kx, ky := float64(r.IntN(3)), float64(r.IntN(3))
	if kx == 0 && ky == 0 {
		kx = 1
	}
	if r.IntN(2) == 0 {
		ky = -ky
	}
	phase := r.Float64()
	return func(x, y float64) float64 { return 0.5 + 0.5*math.Sin(2*math.Pi*(kx*x+ky*y+phase)) }
}

// plaid is the mean of a vertical and a horizontal wave.
func plaid(r *rand.Rand) func(x, y float64) float64 {
	kx, ky := float64(1+r.IntN(3)), float64(1+r.IntN(3))
	px, py := r.Float64(), r.Float64()
	return func(x, y float64) float64 {
		return 0.5 + 0.25*math.Sin(2*math.Pi*(kx*x+px)) + 0.25*math.Sin(2*math.Pi*(ky*y+py))
	}
}

// cells is a board of soft-edged light and dark fields.
func cells(r *rand.Rand) func(x, y float64) float64 {
	k := float64(1 + r.IntN(2))
	px, py := r.Float64(), r.Float64()
	return func(x, y float64) float64 {
		return soft(math.Sin(2*math.Pi*(2*k*x+px))*math.Sin(2*math.Pi*(k*y+py)), 0.3)
	}
}
