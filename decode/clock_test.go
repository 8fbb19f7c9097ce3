package decode

import (
	"bytes"
	"image/gif"
	"testing"
	"time"
)

// What a clock measured is a part of the whole.
func TestClocksOfWork(t *testing.T) {
	var file bytes.Buffer
	g := &gif.GIF{}
	for i := range 20 {
		g.Image, g.Delay = append(g.Image, paletted(i)), append(g.Delay, 10)
	}
	must(t, gif.EncodeAll(&file, g))
	for _, clock := range []Clock{NoClock, WallClock, ProcessorClock} {
		d := newDecoder(t, Options{Measure: clock})
		began := time.Now()
		clip, _, _ := render(t, d, inMemory(file.Bytes()), whole(0, 7, 19))
		took := time.Since(began)
		w := clip.Work
		if clock == NoClock && (w.Codec != 0 || w.Pixels != 0) {
			t.Errorf("without a clock: %+v", w)
		}
		if clock != NoClock && (w.Codec <= 0 || w.Pixels <= 0 || w.Codec+w.Pixels > took) {
			t.Errorf("clock %d: %+v in %v", clock, w, took)
		}
	}
	if _, err := NewDecoder(Options{Measure: ProcessorClock + 1}); err == nil {
		t.Error("a clock that is none was taken")
	}
}
