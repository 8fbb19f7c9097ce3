package decode

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// seeds are small real files of many kinds.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	var out [][]byte
	paths := fixtures(f)
	images, _ := filepath.Glob(filepath.Join(goSource(), "testdata", "*.jpeg"))
	pngs, _ := filepath.Glob(filepath.Join(goSource(), "png", "testdata", "pngsuite", "*.png"))
	gifs, _ := filepath.Glob(filepath.Join(goSource(), "testdata", "*.gif"))
	paths = append(append(append(paths, images[:min(6, len(images))]...), pngs[:min(6, len(pngs))]...), gifs...)
	dir := filepath.Join(repositoryRoot(f), "..", "shared", "clips")
	clips, _ := filepath.Glob(filepath.Join(dir, "*.mov"))
	for _, path := range append(paths, clips...) {
		if b, err := os.ReadFile(path); err == nil && len(b) < 300<<10 {
			out = append(out, b)
		}
	}
	if len(out) == 0 {
		f.Skip("no files to mutate: run decode/testdata/fixtures.sh .deps/fixtures")
	}
	return out
}

// mutate changes a file the way bad disks and bad transfers do.
func mutate(file []byte, kind uint8, rng *rand.Rand) []byte {
	out := slices.Clone(file)
	at := rng.IntN(len(out))
	switch kind % 6 {
	case 0: // single bits
		for range 1 + rng.IntN(40) {
			out[rng.IntN(len(out))] ^= 1 << rng.IntN(8)
		}
	case 1: // bits of the header, where the structures are
		for range 1 + rng.IntN(12) {
			out[rng.IntN(min(len(out), 2048))] ^= 1 << rng.IntN(8)
		}
	case 2:
		out = out[:at+1]
	case 3: // a hole
		out = slices.Delete(out, at, min(len(out), at+1+rng.IntN(4096)))
	case 4: // a stretch of noise
		for i := at; i < min(len(out), at+1+rng.IntN(2048)); i++ {
			out[i] = byte(rng.UintN(256))
		}
	case 5: // bits of the trailer, where MP4 keeps its index
		for range 1 + rng.IntN(12) {
			out[len(out)-1-rng.IntN(min(len(out), 4096))] ^= 1 << rng.IntN(8)
		}
	}
	if len(out) == 0 {
		out = []byte{0}
	}
	return out
}

// FuzzOpen opens and decodes mutated real files: an error with a reason or a
// clip, in bounded time, and nothing left behind.
func FuzzOpen(f *testing.F) {
	files := seeds(f)
	for i := range files {
		for kind := range uint8(6) {
			f.Add(uint16(i), kind, uint64(i)*7+uint64(kind))
		}
	}
	f.Fuzz(func(t *testing.T, which uint16, kind uint8, seed uint64) {
		file := mutate(files[int(which)%len(files)], kind, rand.New(rand.NewPCG(seed, 1)))
		before := LiveHandles()
		opt := Options{MaxPixels: 4 << 20, MaxFrames: 2000}
		if seed%5 == 0 {
			opt.MaxHeld = 8 << 10 // piece by piece
		}
		d, err := NewDecoder(opt)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		if clip, err := take(ctx, d, inMemory(file)); err != nil {
			if ReasonOf(err) == "" {
				t.Errorf("error without a reason: %v", err)
			}
			if ReasonOf(err) == Failed {
				t.Errorf("a bad file was taken for a failing machine: %v", err)
			}
		} else if len(clip.Frames) != 4 {
			t.Errorf("%d frames, want 4", len(clip.Frames))
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("took %v in spite of a deadline of 5 s", took)
		}
		d.Close()
		if after := LiveHandles(); after > before {
			t.Errorf("%d native handles left behind", after-before)
		}
	})
}

// FuzzIndices decodes random sets of frames and compares them with a full
// sequential decode.
func FuzzIndices(f *testing.F) {
	files := seeds(f)
	for i := range files {
		f.Add(uint16(i), uint64(i), uint8(5))
	}
	f.Fuzz(func(t *testing.T, which uint16, seed uint64, count uint8) {
		src := inMemory(files[int(which)%len(files)])
		d := newDecoder(t, Options{})
		info, err := d.Info(t.Context(), src)
		if err != nil {
			if ReasonOf(err) == "" {
				t.Fatal(err)
			}
			return // PNG's suite holds deliberately broken files
		}
		rng := rand.New(rand.NewPCG(seed, 2))
		set := make([]int, 1+int(count)%16)
		for i := range set {
			set[i] = rng.IntN(info.Frames)
		}
		slices.Sort(set)
		if err := Verify(t.Context(), Options{}, src, slices.Compact(set)); err != nil {
			t.Errorf("frames %v: %v", set, err)
		}
	})
}
