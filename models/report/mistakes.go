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

// Mistake is a clip whose predicted class is not its true class.
type Mistake struct {
	ID, URI   string
	Label     int32
	Predicted int
	Score     float32 // probability of the predicted class
	Loss      float64 // cross-entropy of the true class, in nats
	shape     batch.Shape
	frames    []uint8 // [T, H, W, C]
}

// Hardest keeps at most Keep mistakes, those with the largest loss, with copies of their frames.
type Hardest struct {
	Keep int
	kept []Mistake
}

// Add considers one clip. logits is float32 [classes] and frames uint8 [T, H, W, C]; frames are copied if the clip is
// kept.
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

// Mistakes returns the mistakes, largest loss first.
func (h *Hardest) Mistakes() []Mistake { return h.kept }

// Strip returns the frames of the clip side by side as an inline picture.
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

// pngURL encodes a picture as a data URL.
func pngURL(picture image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return "", fmt.Errorf("encode picture: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// confusionImage draws the confusion matrix, one pixel per cell. Each row is scaled by its number of clips; darker
// means more.
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
