package sampler

// size is a width and a height in pixels.
type size struct{ W, H int }

// point is a position in pixels.
type point struct{ X, Y int }

// multiscaleScales returns the scales of a multi-scale crop (Wang et al. 2016, Temporal Segment Networks) as fractions
// of the short side of the picture.
func multiscaleScales() []float64 { return []float64{1, .875, .75, .66} }

// multiscaleSizes returns the equally likely sizes of a multi-scale crop in pixels. Both sides are a scale times the
// short side, truncated, and the two scales are at most one step apart. A side that differs by less than 3 pixels from
// that of the output is set to it. The height varies slowest.
func multiscaleSizes(width, height int, output size, scales []float64) []size {
	short := float64(min(width, height))
	var sizes []size
	for i, tall := range scales {
		for j, wide := range scales {
			if i-j > 1 || j-i > 1 {
				continue
			}
			sizes = append(sizes, size{snapped(int(short*wide), output.W), snapped(int(short*tall), output.H)})
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

// multiscaleOffsets returns the 13 equally likely positions of a crop of the given size, in steps of a quarter of the
// free space, rounded down: the corners, the centre, the middles of the four sides, and the centres of the quarters.
func multiscaleOffsets(width, height int, crop size) []point {
	x, y := quarter(width-crop.W), quarter(height-crop.H)
	steps := [13]point{{0, 0}, {4, 0}, {0, 4}, {4, 4}, {2, 2}, {0, 2}, {4, 2}, {2, 4}, {2, 0}, {1, 1}, {3, 1}, {1, 3}, {3, 3}}
	offsets := make([]point, len(steps))
	for i, s := range steps {
		offsets[i] = point{s.X * x, s.Y * y}
	}
	return offsets
}

// quarter returns ⌊n/4⌋, also for negative n.
func quarter(n int) int { return n >> 2 }

// multiscale draws a size, then a position. A side that was set to that of the output may exceed the picture by up to
// two pixels; it is cut to the picture.
func (s Spatial) multiscale(width, height int, d Draws) Region {
	sizes := multiscaleSizes(width, height, size{s.Width, s.Height}, multiscaleScales())
	drawn := sizes[d.Below(len(sizes))]
	crop := size{max(1, min(drawn.W, width)), max(1, min(drawn.H, height))}
	offsets := multiscaleOffsets(width, height, crop)
	at := offsets[d.Below(len(offsets))]
	return Region{float64(at.X), float64(at.Y), float64(crop.W), float64(crop.H)}
}
