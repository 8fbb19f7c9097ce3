package sampler

// Size is a width and a height in pixels.
type Size struct{ W, H int }

// Point is a place in pixels.
type Point struct{ X, Y int }

// MultiscaleScales returns the scales of a multi-scale crop (Wang et al. 2016, Temporal Segment Networks): shares of
// the picture's short side.
func MultiscaleScales() []float64 { return []float64{1, .875, .75, .66} }

// MultiscaleSizes lists the sizes that a multi-scale crop chooses from, each equally likely: both sides are one of the
// scales of the short side, truncated, at most one scale apart. A side less than 3 pixels from the output's is made
// equal to it. Heights vary slowest.
func MultiscaleSizes(width, height int, output Size, scales []float64) []Size {
	short := float64(min(width, height))
	var sizes []Size
	for i, tall := range scales {
		for j, wide := range scales {
			if i-j > 1 || j-i > 1 {
				continue
			}
			sizes = append(sizes, Size{snapped(int(short*wide), output.W), snapped(int(short*tall), output.H)})
		}
	}
	return sizes
}

func snapped(side, output int) int {
	if d := side - output; d > -3 && d < 3 {
		return output
	}
	return side
}

// MultiscaleOffsets lists the 13 places of a crop of that size, each equally likely, in steps of a quarter of the room,
// rounded down: the corners, the middle, the middles of the four sides, and the middles of the quarters.
func MultiscaleOffsets(width, height int, crop Size) []Point {
	x, y := quarter(width-crop.W), quarter(height-crop.H)
	steps := [13]Point{{0, 0}, {4, 0}, {0, 4}, {4, 4}, {2, 2}, {0, 2}, {4, 2}, {2, 4}, {2, 0}, {1, 1}, {3, 1}, {1, 3}, {3, 3}}
	offsets := make([]Point, len(steps))
	for i, s := range steps {
		offsets[i] = Point{s.X * x, s.Y * y}
	}
	return offsets
}

// quarter is a quarter, rounded down also below zero.
func quarter(n int) int { return n >> 2 }

// multiscale draws a size, then a place. A side that was made equal to the output's may exceed the picture by up to two
// pixels; it is cut to the picture.
func (s Spatial) multiscale(width, height int, d Draws) Region {
	sizes := MultiscaleSizes(width, height, Size{s.Width, s.Height}, MultiscaleScales())
	size := sizes[d.Below(len(sizes))]
	size = Size{max(1, min(size.W, width)), max(1, min(size.H, height))}
	offsets := MultiscaleOffsets(width, height, size)
	at := offsets[d.Below(len(offsets))]
	return Region{float64(at.X), float64(at.Y), float64(size.W), float64(size.H)}
}
