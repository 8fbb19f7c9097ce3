package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"slices"

	"padapter/models/metrics"
	"padapter/pipeline/batch"
)

// Mistake is one clip whose best class is not the true one.
type Mistake struct {
	ID, URI   string
	Label     int32
	Predicted int
	Score     float32 // probability of the predicted class
	Loss      float64 // cross-entropy of the true class, in nats
	shape     batch.Shape
	frames    []uint8 // [T, H, W, C]
}

// Hardest keeps the mistakes with the largest loss, at most Keep of them, with copies of their frames.
type Hardest struct {
	Keep int
	kept []Mistake
}

// Add considers one clip. logits is [classes] and frames [T, H, W, C]; neither is kept unless the clip is.
func (h *Hardest) Add(id, uri string, label int32, logits []float32, shape batch.Shape, frames []uint8) {
	best := metrics.TopK(logits, 1)[0]
	if label < 0 || best == int(label) {
		return
	}
	m := Mistake{ID: id, URI: uri, Label: label, Predicted: best, Score: metrics.Softmax(logits, 1)[best], Loss: metrics.CrossEntropy(logits, int(label), 1), shape: shape}
	order := func(a, b Mistake) int { return cmp.Or(cmp.Compare(b.Loss, a.Loss), cmp.Compare(a.ID, b.ID)) }
	if len(h.kept) == h.Keep && (h.Keep == 0 || order(m, h.kept[len(h.kept)-1]) >= 0) {
		return
	}
	m.frames = slices.Clone(frames)
	at, _ := slices.BinarySearchFunc(h.kept, m, order)
	h.kept = slices.Insert(h.kept, at, m)
	h.kept = h.kept[:min(len(h.kept), h.Keep)]
}

// Mistakes returns what was kept, hardest first.
func (h *Hardest) Mistakes() []Mistake { return h.kept }

// Strip is the clip's frames side by side.
func (m Mistake) Strip() (template.URL, error) {
	s := m.shape
	strip := image.NewRGBA(image.Rect(0, 0, s.Frames*s.Width, s.Height))
	for i := 0; i+2 < len(m.frames); i += 3 {
		pixel := i / 3
		frame, y, x := pixel/(s.Width*s.Height), pixel/s.Width%s.Height, pixel%s.Width
		strip.SetRGBA(frame*s.Width+x, y, color.RGBA{m.frames[i], m.frames[i+1], m.frames[i+2], 255})
	}
	return pngURL(strip)
}

// pngURL is a picture inside the page.
func pngURL(picture image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return "", fmt.Errorf("encode picture: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// confusionImage draws the matrix, one pixel a cell, each row scaled by its number of clips: dark is often.
func confusionImage(confusion [][]int64) image.Image {
	n := len(confusion)
	picture := image.NewGray(image.Rect(0, 0, n, n))
	for y, row := range confusion {
		total := int64(0)
		for _, count := range row {
			total += count
		}
		for x, count := range row {
			shade := uint8(255)
			if total > 0 {
				shade = uint8(255 - 255*count/total)
			}
			picture.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	return picture
}
