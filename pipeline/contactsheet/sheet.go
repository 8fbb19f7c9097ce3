// Package contactsheet draws clips for people to look at: a row of frames for each clip, with its id, label and times.
package contactsheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"padapter/pipeline/batch"
)

// Sizes of a sheet in pixels.
const (
	margin = 8 // around the sheet, and between frames
	line   = 16
	// The picture is no larger than this; frames that do not fit are left out and counted.
	maxWidth = 4096
	maxFrame = 160 // longer sides are shrunk by a whole number
)

var (
	paper = color.Gray{Y: 250}
	ink   = color.Gray{Y: 20}
	alarm = color.RGBA{R: 180, A: 255}
)

// Sheet is a picture that clips are added to from top to bottom.
type Sheet struct {
	classes []string
	shape   batch.Shape
	shrink  int
	across  int // frames drawn of each clip
	step    int // of every so many frames one is drawn
	picture *image.RGBA
	y       int
}

// New makes a sheet for a number of clips.
func New(meta batch.Meta, clips int) *Sheet {
	s := &Sheet{classes: meta.Classes, shape: meta.Shape, shrink: 1, step: 1}
	for max(meta.Shape.Height, meta.Shape.Width)/s.shrink > maxFrame {
		s.shrink++
	}
	width, height := meta.Shape.Width/s.shrink, meta.Shape.Height/s.shrink
	fit := max(1, (maxWidth-margin)/(width+margin))
	s.step = (meta.Shape.Frames + fit - 1) / fit
	s.across = (meta.Shape.Frames + s.step - 1) / s.step
	s.picture = image.NewRGBA(image.Rect(0, 0, max(320, margin+s.across*(width+margin)), margin+clips*(height+2*line+margin)))
	draw.Draw(s.picture, s.picture.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	s.y = margin
	return s
}

// Image is the picture so far.
func (s *Sheet) Image() image.Image { return s.picture }

// Add draws row i of a batch: a title, the frames, and below each its number and time.
func (s *Sheet) Add(clips *batch.Clips, i int) {
	title := clips.ID(i)
	if label, ok := clips.Label(i); ok {
		name := fmt.Sprint(label)
		if int(label) >= 0 && int(label) < len(s.classes) {
			name = fmt.Sprintf("%d %s", label, s.classes[label])
		}
		title += "   " + name
	}
	if view := clips.ViewNumber(i); view > 0 {
		title += fmt.Sprintf("   view %d", view)
	}
	width, height := s.shape.Width/s.shrink, s.shape.Height/s.shrink
	s.text(margin, s.y, title, ink)
	frames, ok := clips.Frames(i)
	if !ok {
		s.text(margin, s.y+line, clips.Err(i), alarm)
	} else {
		index, pts := clips.FrameIndex(i), clips.Seconds(i)
		for k := range s.across {
			t, x := k*s.step, margin+k*(width+margin)
			s.frame(x, s.y+line, frames[t*s.shape.Bytes()/s.shape.Frames:])
			s.text(x, s.y+line+height, caption(index[t], pts[t], width), ink)
		}
	}
	s.y += height + 2*line + margin
}

// caption is a frame's number and time, or as much as fits.
func caption(index int32, seconds float64, width int) string {
	fit := width / basicfont.Face7x13.Advance
	for _, text := range []string{fmt.Sprintf("#%d %.2fs", index, seconds), fmt.Sprintf("%.2f", seconds), fmt.Sprintf("%.1f", seconds)} {
		if len(text) <= fit {
			return text
		}
	}
	return ""
}

// frame draws one frame, each of its pixels the mean of shrink x shrink.
func (s *Sheet) frame(x0, y0 int, rgb []byte) {
	n := s.shrink
	for y := range s.shape.Height / n {
		for x := range s.shape.Width / n {
			var sum [3]int
			for dy := range n {
				for dx := range n {
					at := ((y*n+dy)*s.shape.Width + x*n + dx) * 3
					for c := range sum {
						sum[c] += int(rgb[at+c])
					}
				}
			}
			area := n * n
			s.picture.SetRGBA(x0+x, y0+y, color.RGBA{uint8((sum[0] + area/2) / area), uint8((sum[1] + area/2) / area), uint8((sum[2] + area/2) / area), 255})
		}
	}
}

// text writes one line whose top left corner is (x, y). The font has ASCII only: other characters are shown as '?'.
func (s *Sheet) text(x, y int, text string, c color.Color) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	d := font.Drawer{Dst: s.picture, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y+11)}
	d.DrawString(text)
}
