package contactsheet

import (
	"image/color"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
)

func TestFramesStandWhereTheyShould(t *testing.T) {
	clip := recipe.Clip{Frames: 3, Height: 32, Width: 320} // shrunk by 2
	meta := batch.NewMeta(clip, []string{"left"}, 0, "test")
	b, err := batch.NewBuilder(memory.NewGoAllocator(), meta, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	pixels := b.Clip(0)
	for i := range pixels {
		pixels[i] = byte(40 * (1 + i/(32*320*3)))
	}
	for i, row := range []batch.Row{
		{ID: "a", FrameIndex: []int32{0, 4, 8}, Seconds: []float64{0, .1, .2}},
		{ID: "ü b", Label: 7, Error: "corrupt: x"},
	} {
		if err := b.Set(i, row); err != nil {
			t.Fatal(err)
		}
	}
	record, err := b.Record(2)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	clips, err := batch.View(record)
	if err != nil {
		t.Fatal(err)
	}
	s := New(meta, 2)
	s.Add(clips, 0)
	s.Add(clips, 1)
	picture := s.Image()
	for k := range 3 {
		want := color.RGBA{uint8(40 * (k + 1)), uint8(40 * (k + 1)), uint8(40 * (k + 1)), 255}
		x, y := margin+k*(160+margin), margin+line
		if picture.At(x, y) != want || picture.At(x+159, y+15) != want {
			t.Errorf("frame %d is %v to %v, want %v", k, picture.At(x, y), picture.At(x+159, y+15), want)
		}
		if picture.At(x-1, y) == want || picture.At(x+160, y) == want || picture.At(x, y+16) == want {
			t.Errorf("frame %d is too large", k)
		}
	}
	found := false
	for x := range 320 {
		for y := range line {
			found = found || picture.At(x, 2*margin+16+2*line+line+y) == color.Color(alarm)
		}
	}
	if !found {
		t.Error("the error is not written")
	}
}

func TestCaptionsFit(t *testing.T) {
	for width, want := range map[int]string{160: "#12 1.50s", 32: "1.50", 21: "1.5", 7: ""} {
		if got := caption(12, 1.5, width); got != want {
			t.Errorf("width %d: got %q, want %q", width, got, want)
		}
	}
}
