package decode

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// resident is the process's memory in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc to read the process's memory from")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// Many clips, damaged ones among them, leave memory where it was. The full
// 2,000 take a minute: they run when PADAPTER_LONG is set.
func TestMemoryStaysFlat(t *testing.T) {
	clips := 400
	if os.Getenv("PADAPTER_LONG") != "" {
		clips = 2000
	}
	var sources []Source
	for i, path := range allClips(t) {
		file := readFile(t, path)
		if file.Size() > 400<<10 || turned(path) || strings.HasPrefix(filepath.Base(path), "h264_corrupted") {
			continue
		}
		sources = append(sources, file)
		if i%5 == 0 {
			b := make([]byte, file.Size())
			file.ReadAt(b, 0)
			sources = append(sources, inMemory(b[:len(b)*2/3]))
		}
	}
	d := newDecoder(t, Options{})
	run := func(n int) {
		for i := range n {
			if _, err := take(t.Context(), d, sources[i%len(sources)]); err != nil && ReasonOf(err) == Failed {
				t.Fatal(err)
			}
		}
	}
	run(clips / 4)
	before, handles := resident(t), LiveHandles()
	run(clips - clips/4)
	if now := LiveHandles(); now != handles {
		t.Errorf("%d native handles after, %d before", now, handles)
	}
	grown := resident(t) - before
	t.Logf("memory grew by %d KB over %d clips", grown>>10, clips-clips/4)
	if grown > 12<<20 {
		t.Errorf("memory grew by %d MB over %d clips", grown>>20, clips-clips/4)
	}
}

// Decoders on several goroutines do not disturb each other.
func TestDecodersSideBySide(t *testing.T) {
	files := realClips(t)
	var group sync.WaitGroup
	for range 4 {
		d := newDecoder(t, Options{})
		group.Go(func() {
			for _, path := range files {
				file, err := OpenFile(path)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := take(t.Context(), d, file); err != nil {
					t.Errorf("%s: %v", filepath.Base(path), err)
				}
				file.Close()
			}
		})
	}
	group.Wait()
}
