package encode

func yuvBytes(o Options) int  { return o.Width * o.Height * 3 / 2 }
func rgbBytes(o Options) int  { return o.Width * o.Height * 3 }
func bgr0Bytes(o Options) int { return o.Width * o.Height * 4 }

func fillRGB(_ Options, rgb, out []byte) { copy(out, rgb) }

func fillBGR0(o Options, rgb, out []byte) {
	for i := range o.Width * o.Height {
		out[4*i], out[4*i+1], out[4*i+2], out[4*i+3] = rgb[3*i+2], rgb[3*i+1], rgb[3*i], 0
	}
}

// matrix turns RGB into Y, Cb, Cr: ITU-R BT.601, in 1/65536. Integers keep
// the bytes the same on every processor.
type matrix struct {
	y, cb, cr [3]int
	black     int
}

var (
	limited = matrix{y: [3]int{16829, 33039, 6416}, cb: [3]int{-9714, -19070, 28784}, cr: [3]int{28784, -24103, -4681}, black: 16}
	full    = matrix{y: [3]int{19595, 38470, 7471}, cb: [3]int{-11056, -21712, 32768}, cr: [3]int{32768, -27440, -5328}}
)

func fillLimited(o Options, rgb, out []byte) { fillYUV(limited, o.Width, o.Height, rgb, out) }
func fillFull(o Options, rgb, out []byte)    { fillYUV(full, o.Width, o.Height, rgb, out) }

func clip(v int) byte { return byte(max(0, min(255, v))) }

// fillYUV writes planar 4:2:0; chroma is the mean of each 2 × 2 square.
func fillYUV(m matrix, w, h int, rgb, out []byte) {
	luma, cb, cr := out[:w*h], out[w*h:w*h*5/4], out[w*h*5/4:w*h*3/2]
	const half = 1 << 15
	for i := range w * h {
		p := rgb[3*i : 3*i+3]
		luma[i] = clip(m.black + (m.y[0]*int(p[0])+m.y[1]*int(p[1])+m.y[2]*int(p[2])+half)>>16)
	}
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			var sum [3]int
			for _, at := range [4]int{y*w + x, y*w + x + 1, (y+1)*w + x, (y+1)*w + x + 1} {
				for k := range sum {
					sum[k] += int(rgb[3*at+k])
				}
			}
			i := y/2*(w/2) + x/2
			cb[i] = clip(128 + (m.cb[0]*sum[0]+m.cb[1]*sum[1]+m.cb[2]*sum[2]+4*half)>>18)
			cr[i] = clip(128 + (m.cr[0]*sum[0]+m.cr[1]*sum[1]+m.cr[2]*sum[2]+4*half)>>18)
		}
	}
}
