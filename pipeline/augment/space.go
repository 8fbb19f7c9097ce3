package augment

import "math"

// outside is the value of pixels that come from outside the picture.
const outside = 128

// moved replaces each frame by what lies at a·x + b·y + tx, c·x + d·y + ty, in pixels from the picture's centre,
// sampled bilinearly.
func (c Clip) moved(m [2][2]float64, tx, ty float64) {
	size := c.Height * c.Width * 3
	source := make([]byte, size)
	cx, cy := float64(c.Width-1)/2, float64(c.Height-1)/2
	for f := range c.Frames {
		frame := c.Pixels[f*size : (f+1)*size]
		copy(source, frame)
		for y := range c.Height {
			for x := range c.Width {
				dx, dy := float64(x)-cx, float64(y)-cy
				c.sample(source, m[0][0]*dx+m[0][1]*dy+tx+cx, m[1][0]*dx+m[1][1]*dy+ty+cy, frame[(y*c.Width+x)*3:][:3])
			}
		}
	}
}

// sample writes the pixel at (x, y) of a frame.
func (c Clip) sample(frame []byte, x, y float64, out []byte) {
	left, top := math.Floor(x), math.Floor(y)
	fx, fy := x-left, y-top
	var sum [3]float64
	for _, corner := range [4]struct {
		x, y, weight float64
	}{{left, top, (1 - fx) * (1 - fy)}, {left + 1, top, fx * (1 - fy)}, {left, top + 1, (1 - fx) * fy}, {left + 1, top + 1, fx * fy}} {
		if corner.weight == 0 {
			continue
		}
		if corner.x < 0 || corner.y < 0 || corner.x >= float64(c.Width) || corner.y >= float64(c.Height) {
			for k := range sum {
				sum[k] += corner.weight * outside
			}
			continue
		}
		p := frame[(int(corner.y)*c.Width+int(corner.x))*3:][:3]
		for k := range sum {
			sum[k] += corner.weight * float64(p[k])
		}
	}
	for k := range sum {
		out[k] = clamped(sum[k])
	}
}

// sharpened moves each pixel away from the mean of its 3 x 3 neighbourhood, in which it counts five times, or towards
// it. Pixels at the edge stay.
func (c Clip) sharpened(factor float64) {
	size, line := c.Height*c.Width*3, c.Width*3
	source := make([]byte, size)
	for f := range c.Frames {
		frame := c.Pixels[f*size : (f+1)*size]
		copy(source, frame)
		for y := 1; y < c.Height-1; y++ {
			for i := y*line + 3; i < (y+1)*line-3; i++ {
				sum := 4 * int(source[i])
				for _, row := range [3]int{i - line, i, i + line} {
					sum += int(source[row-3]) + int(source[row]) + int(source[row+3])
				}
				smooth := float64(sum) / 13
				frame[i] = clamped(smooth + factor*(float64(source[i])-smooth))
			}
		}
	}
}
