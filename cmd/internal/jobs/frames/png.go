package frames

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"padapter/decode"
)

// writePNGs writes the frames as RGB, a few at a time so that memory stays
// bounded.
func writePNGs(ctx context.Context, d *decode.Decoder, file decode.Source, indices []int, dir string, shape decode.Plan) error {
	const together = 16
	for len(indices) > 0 {
		some := indices[:min(together, len(indices))]
		indices = indices[len(some):]
		var buf []byte
		var plan decode.Plan
		_, err := d.Clip(ctx, file, func(info *decode.Info) (decode.Plan, error) {
			plan = shape
			if plan.Width == 0 {
				plan.Width, plan.Height = info.Width, info.Height
			}
			plan.Indices = some
			plan.Region = decode.Region{W: float64(info.Width), H: float64(info.Height)}
			return plan, nil
		}, func(p decode.Plan) ([]byte, error) {
			buf = make([]byte, p.Bytes())
			return buf, nil
		})
		if err != nil {
			return err
		}
		size := plan.Width * plan.Height * 3
		for i, index := range some {
			path := filepath.Join(dir, fmt.Sprintf("frame-%06d.png", index))
			if err := writePNG(path, buf[i*size:][:size], plan.Width, plan.Height); err != nil {
				return fmt.Errorf("write frame %d: %w", index, err)
			}
		}
	}
	return nil
}

func writePNG(path string, rgb []byte, width, height int) (err error) {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(img.Pix[4*i:], rgb[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriter(f)
	if err := png.Encode(w, img); err != nil {
		return err
	}
	return w.Flush()
}
