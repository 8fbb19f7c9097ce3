package layout

import (
	"fmt"
	"math"

	"padapter/models/vit"
)

// Grid is the arrangement of a network's patch tokens: time-major, then rows, then columns.
type Grid struct{ Times, Height, Width int }

// GridOf returns the grid of a backbone.
func GridOf(backbone vit.Config) Grid {
	return Grid{backbone.Frames / backbone.Tubelet, backbone.Height / backbone.Patch, backbone.Width / backbone.Patch}
}

func (g Grid) String() string { return fmt.Sprintf("%d×%d×%d", g.Times, g.Height, g.Width) }

// Resize interpolates a table [front + tokens, d] on this grid, such as positions or a prompt with one row per token,
// to another grid: bicubic in space, linear in time. The first front rows, such as that of the class token, are copied.
// It returns an error if the table has another size.
func (g Grid) Resize(table []float32, front, d int, to Grid) ([]float32, error) {
	if want := (front + g.Times*g.Height*g.Width) * d; len(table) != want {
		return nil, fmt.Errorf("a table of %d values does not match a grid of %s and %d rows in front, %d values each: that takes %d", len(table), g, front, d, want)
	}
	out := append([]float32(nil), table[:front*d]...)
	table = table[front*d:]
	step := g.Height * g.Width * d
	frames := make([][]float32, g.Times)
	for t := range frames {
		frames[t] = table[t*step : (t+1)*step]
		if g.Height != to.Height || g.Width != to.Width {
			frames[t] = bicubic(frames[t], g.Height, g.Width, d, to.Height, to.Width)
		}
	}
	for t := range to.Times {
		at := 0.0
		if to.Times > 1 && g.Times > 1 {
			at = float64(t) * float64(g.Times-1) / float64(to.Times-1)
		}
		lower := int(at)
		upper := min(lower+1, g.Times-1)
		share := float32(at - float64(lower))
		for i, v := range frames[lower] {
			out = append(out, v+share*(frames[upper][i]-v))
		}
	}
	return out, nil
}

// resizePositions interpolates a position table [1, N', D] to the tokens of the network. If the grid of the table is
// not known, it is assumed to have the network's number of time steps with a square each, or else to be one square,
// which is repeated in time.
func resizePositions(values []float32, shape []int, old Grid, backbone vit.Config) ([]float32, string, error) {
	if len(shape) != 3 || shape[0] != 1 || shape[2] != backbone.Dim {
		return nil, "", fmt.Errorf("its shape is %v, want [1, tokens, %d]", shape, backbone.Dim)
	}
	extra := backbone.Tokens() - backbone.Patches()
	rows, to := shape[1]-extra, GridOf(backbone)
	if old == (Grid{}) {
		times, side := grid(rows, to.Times)
		old = Grid{times, side, side}
	}
	if old.Height == 0 {
		return nil, "", fmt.Errorf("its %d positions are neither a square nor %d squares: the position table cannot be interpolated; give the recipe the frames and picture size of the table", rows, to.Times)
	}
	out, err := old.Resize(values, extra, backbone.Dim, to)
	return out, fmt.Sprintf("positions interpolated from %s to %s", old, to), err
}

// grid interprets rows as times squares or as one square, and returns the number of squares and their side. The side is
// 0 if neither fits.
func grid(rows, times int) (int, int) {
	for _, n := range []int{times, 1} {
		if rows%n == 0 {
			if side := int(math.Round(math.Sqrt(float64(rows / n)))); side*side*n == rows {
				return n, side
			}
		}
	}
	return 0, 0
}

// bicubic resizes a table [h, w, d] to [height, width, d] with Keys' cubic kernel (a = -0.75) at pixel centres, with
// replicated edges and without antialiasing: the same as torch's interpolate with mode bicubic and align_corners false,
// which MAE uses.
func bicubic(values []float32, h, w, d, height, width int) []float32 {
	rows, columns := taps(h, height), taps(w, width)
	out := make([]float32, height*width*d)
	for y, ty := range rows {
		for x, tx := range columns {
			target := out[(y*width+x)*d : (y*width+x+1)*d]
			for c := range target {
				sum := 0.0
				for i := range 4 {
					line := 0.0
					for j := range 4 {
						line += tx.weight[j] * float64(values[(ty.index[i]*w+tx.index[j])*d+c])
					}
					sum += ty.weight[i] * line
				}
				target[c] = float32(sum)
			}
		}
	}
	return out
}

// tap holds the inputs of one output sample.
type tap struct {
	index  [4]int
	weight [4]float64
}

func taps(from, to int) []tap {
	list := make([]tap, to)
	for i := range list {
		centre := (float64(i)+0.5)*float64(from)/float64(to) - 0.5
		base := math.Floor(centre)
		t := centre - base
		for j := range 4 {
			list[i].index[j] = min(max(int(base)-1+j, 0), from-1)
			list[i].weight[j] = cubic(t - float64(j-1))
		}
	}
	return list
}

// cubic is Keys' kernel with a = -0.75.
func cubic(x float64) float64 {
	const a = -0.75
	x = math.Abs(x)
	switch {
	case x <= 1:
		return (a+2)*x*x*x - (a+3)*x*x + 1
	case x < 2:
		return a*x*x*x - 5*a*x*x + 8*a*x - 4*a
	}
	return 0
}
