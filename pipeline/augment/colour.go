package augment

import "math"

// luma are the weights of R, G and B in grey (ITU-R BT.601).
var luma = [3]float64{0.299, 0.587, 0.114}

func clamped(v float64) byte { return byte(math.Round(min(255, max(0, v)))) }

// mapped replaces every value of a channel by its entry in the channel's table.
func (c Clip) mapped(tables *[3][256]byte) {
	for i := 0; i+2 < len(c.Pixels); i += 3 {
		p := c.Pixels[i : i+3 : i+3]
		p[0], p[1], p[2] = tables[0][p[0]], tables[1][p[1]], tables[2][p[2]]
	}
}

// all maps every channel by the same function.
func (c Clip) all(f func(v int) byte) {
	var tables [3][256]byte
	for v := range 256 {
		tables[0][v] = f(v)
	}
	tables[1], tables[2] = tables[0], tables[0]
	c.mapped(&tables)
}

// scaled moves every value away from a fixed one, or towards it: fixed + factor·(v - fixed).
func (c Clip) scaled(factor, fixed float64) {
	c.all(func(v int) byte { return clamped(fixed + factor*(float64(v)-fixed)) })
}

// histograms counts the values of each channel.
func (c Clip) histograms() (counts [3][256]int) {
	for i := 0; i+2 < len(c.Pixels); i += 3 {
		counts[0][c.Pixels[i]]++
		counts[1][c.Pixels[i+1]]++
		counts[2][c.Pixels[i+2]]++
	}
	return counts
}

// grey is the clip's mean luma.
func (c Clip) grey() float64 {
	counts := c.histograms()
	sum := 0.0
	for channel, weight := range luma {
		for v, n := range counts[channel] {
			sum += weight * float64(v) * float64(n)
		}
	}
	return sum / float64(max(1, len(c.Pixels)/3))
}

// linear maps each pixel by a 3 x 3 matrix. Weights are rounded to 1/65536.
func (c Clip) linear(m [3][3]float64) {
	var w [3][3]int
	for i := range m {
		for j := range m[i] {
			w[i][j] = int(math.Round(m[i][j] * 65536))
		}
	}
	for i := 0; i+2 < len(c.Pixels); i += 3 {
		p := c.Pixels[i : i+3 : i+3]
		r, g, b := int(p[0]), int(p[1]), int(p[2])
		for k := range 3 {
			p[k] = byte(min(255, max(0, (w[k][0]*r+w[k][1]*g+w[k][2]*b+32768)>>16)))
		}
	}
}

// saturated moves each pixel away from its grey, or towards it.
func (c Clip) saturated(factor float64) {
	var m [3][3]float64
	for i := range m {
		for j := range m[i] {
			m[i][j] = (1 - factor) * luma[j]
		}
		m[i][i] += factor
	}
	c.linear(m)
}

// turned turns the chroma plane of YIQ by a part of the circle; luma stays.
func (c Clip) turned(part float64) {
	toYIQ := [3][3]float64{luma, {0.595716, -0.274453, -0.321263}, {0.211456, -0.522591, 0.311135}}
	toRGB := [3][3]float64{{1, 0.9563, 0.6210}, {1, -0.2721, -0.6474}, {1, -1.1070, 1.7046}}
	sin, cos := math.Sincos(2 * math.Pi * part)
	turn := [3][3]float64{{1, 0, 0}, {0, cos, -sin}, {0, sin, cos}}
	c.linear(product(toRGB, product(turn, toYIQ)))
}

func product(a, b [3][3]float64) (m [3][3]float64) {
	for i := range m {
		for j := range m[i] {
			for k := range 3 {
				m[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return m
}

// stretched spreads each channel over 0…255.
func (c Clip) stretched() {
	counts := c.histograms()
	var tables [3][256]byte
	for channel := range tables {
		low, high := 0, 255
		for low < 255 && counts[channel][low] == 0 {
			low++
		}
		for high > low && counts[channel][high] == 0 {
			high--
		}
		for v := range 256 {
			if tables[channel][v] = byte(v); high > low {
				tables[channel][v] = clamped(float64(v-low) * 255 / float64(high-low))
			}
		}
	}
	c.mapped(&tables)
}

// equalized makes the values of each channel about equally frequent.
func (c Clip) equalized() {
	counts := c.histograms()
	var tables [3][256]byte
	for channel := range tables {
		first, total := 0, 0
		for v := 255; v >= 0; v-- {
			if n := counts[channel][v]; n > 0 {
				first, total = n, total+n
			}
		}
		below := 0
		for v := range 256 {
			below += counts[channel][v]
			if tables[channel][v] = byte(v); total > first {
				tables[channel][v] = clamped(float64(below-first) * 255 / float64(total-first))
			}
		}
	}
	c.mapped(&tables)
}
