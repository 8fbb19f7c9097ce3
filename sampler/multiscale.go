package sampler

// Size is a width and a height in pixels.
type Size struct{ W, H int }

// Point is a position in pixels.
type Point struct{ X, Y int }

// MultiscaleScales returns the scales of a multi-scale crop (Wang et al. 2016, Temporal Segment Networks) as fractions
// of the short side of the picture.
func MultiscaleScales() []float64 { return []float64{1, .875, .75, .66} }

// MultiscaleSizes returns the equally likely sizes of a multi-scale crop in pixels. Both sides are a scale times the
// short side, truncated, and the two scales are at most one step apart. A side that differs by less than 3 pixels from
// that of the output is set to it. The height varies slowest.
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

// MultiscaleOffsets returns the 13 equally likely positions of a crop of the given size, in steps of a quarter of the
// free space, rounded down: the corners, the centre, the middles of the four sides, and the centres of the quarters.
func MultiscaleOffsets(width, height int, crop Size) []Point {
	x, y := quarter(width-crop.W), quarter(height-crop.H)
	steps := [13]Point{{0, 0}, {4, 0}, {0, 4}, {4, 4}, {2, 2}, {0, 2}, {4, 2}, {2, 4}, {2, 0}, {1, 1}, {3, 1}, {1, 3}, {3, 3}}
	offsets := make([]Point, len(steps))
	for i, s := range steps {
		offsets[i] = Point{s.X * x, s.Y * y}
	}
	return offsets
}

// quarter returns ⌊n/4⌋, also for negative n.
func quarter(n int) int { return n >> 2 }

// multiscale draws a size, then a position. A side that was set to that of the output may exceed the picture by up to
// two pixels; it is cut to the picture.
func (s Spatial) multiscale(width, height int, d Draws) Region {
	sizes := MultiscaleSizes(width, height, Size{s.Width, s.Height}, MultiscaleScales())
	size := sizes[d.Below(len(sizes))]
	size = Size{max(1, min(size.W, width)), max(1, min(size.H, height))}
	offsets := MultiscaleOffsets(width, height, size)
	at := offsets[d.Below(len(offsets))]
	return Region{float64(at.X), float64(at.Y), float64(size.W), float64(size.H)}
}
