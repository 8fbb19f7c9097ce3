package decode

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	SetupProcess()
	goleak.VerifyTestMain(m)
}

func realClip(t testing.TB, name string) []byte {
	t.Helper()
	for _, path := range realClips(t) {
		if filepath.Base(path) == name {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Skipf("%s is not among the real clips", name)
	return nil
}

// take decodes a few frames of whatever src holds.
func take(ctx context.Context, d *Decoder, src Source) (*Clip, error) {
	return d.Clip(ctx, src, func(info *Info) (Plan, error) {
		n := info.Frames
		return Plan{
			Indices: []int{0, n / 3, n / 2, n - 1}, Width: 32, Height: 24,
			Region: Region{W: float64(info.Width), H: float64(info.Height)},
		}, nil
	}, func(p Plan) ([]byte, error) { return make([]byte, p.Bytes()), nil })
}

// pngHeader is a PNG that promises a size and holds no pixels.
func pngHeader(w, h uint32) []byte {
	out := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	out = binary.BigEndian.AppendUint32(out, w)
	out = binary.BigEndian.AppendUint32(out, h)
	out = append(out, 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[12:]))
}

// withCount raises the sample count that an MP4 file's tables promise.
func withCount(t *testing.T, file []byte, count uint32) []byte {
	t.Helper()
	out := bytes.Clone(file)
	for _, table := range []string{"stsz", "stts"} {
		at := bytes.Index(out, []byte(table))
		if at < 0 {
			t.Fatalf("no %s table", table)
		}
		if table == "stsz" {
			binary.BigEndian.PutUint32(out[at+8:], 100) // all samples of one size
			binary.BigEndian.PutUint32(out[at+12:], count)
		} else {
			binary.BigEndian.PutUint32(out[at+12:], count)
		}
	}
	return out
}

func TestBadInput(t *testing.T) {
	clip := func(name string) []byte { return realClip(t, name) }
	mp4, avi := clip("h264_6fps.mp4"), clip("ucf_mpeg4_320x240.avi")
	zeros := make([]byte, 1<<16)
	for name, test := range map[string]struct {
		file []byte
		want []Reason
	}{
		"text":                     {[]byte(strings.Repeat("this is not a video\n", 200)), []Reason{Unsupported}},
		"zeros":                    {zeros, []Reason{Unsupported, Corrupt}},
		"one byte":                 {[]byte{0}, []Reason{Unsupported}},
		"script naming files":      {[]byte("ffconcat version 1.0\nfile '/etc/hostname'\n"), []Reason{Unsupported}},
		"playlist naming files":    {[]byte("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"), []Reason{Unsupported}},
		"MP4 header only":          {mp4[:40], []Reason{Truncated, Corrupt, Unsupported}},
		"MP4 without index":        {cutBefore(t, mp4, "moov"), []Reason{Truncated}},
		"AVI header only":          {avi[:300], []Reason{Corrupt, Truncated, Unsupported}},
		"PNG without pixels":       {pngHeader(64, 64), []Reason{Corrupt, Truncated}},
		"PNG of enormous size":     {pngHeader(60000, 60000), []Reason{Limits, Corrupt}},
		"MP4 of endless samples":   {withCount(t, mp4, 1<<31-1), []Reason{Limits, Corrupt, Truncated}},
		"MP4 of a million samples": {withCount(t, mp4, 3<<20), []Reason{Limits, Corrupt, Truncated}},
		"JPEG start only":          {[]byte{0xFF, 0xD8, 0xFF, 0xE0}, []Reason{Corrupt, Truncated, Unsupported}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDecoder(t, Options{})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := take(ctx, d, inMemory(test.file))
			if !slices.Contains(test.want, ReasonOf(err)) {
				t.Errorf("error %v, want a reason of %q", err, test.want)
			}
			// The decoder is as good as new afterwards.
			if _, err := take(t.Context(), d, inMemory(avi)); err != nil {
				t.Errorf("a good clip after it: %v", err)
			}
		})
	}
}

// cutBefore drops a file's bytes from a four-letter box on.
func cutBefore(t *testing.T, file []byte, box string) []byte {
	t.Helper()
	at := bytes.LastIndex(file, []byte(box))
	if at < 0 {
		t.Fatalf("no box %s", box)
	}
	if at < 1000 {
		return file[:len(file)/1000] // the index comes first: cut into it
	}
	return file[:at-4]
}

func TestEmptyMissingAndUnreadableSources(t *testing.T) {
	d := newDecoder(t, Options{})
	if _, err := d.Info(t.Context(), inMemory(nil)); ReasonOf(err) != Empty {
		t.Errorf("no bytes: %v", err)
	}
	_, err := OpenFile(filepath.Join(t.TempDir(), "none.mp4"))
	if ReasonOf(err) != Missing || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := OpenFile(t.TempDir()); ReasonOf(err) != Failed {
		t.Errorf("directory: %v", err)
	}
	broken := errors.New("cable pulled")
	for _, held := range []int64{0, 1000} { // read whole, and piece by piece
		d := newDecoder(t, Options{MaxHeld: held})
		_, err := d.Info(t.Context(), failingSource{realClip(t, "h264_6fps.mp4"), broken})
		if !errors.Is(err, broken) || ReasonOf(err) != Failed {
			t.Errorf("source that fails, %d bytes held: %v", held, err)
		}
	}
	d.Close()
	if _, err := d.Info(t.Context(), inMemory([]byte("x"))); ReasonOf(err) != Failed {
		t.Errorf("closed decoder: %v", err)
	}
}

type failingSource struct {
	b   []byte
	err error
}

func (f failingSource) Size() int64 { return int64(len(f.b)) }

func (f failingSource) ReadAt(b []byte, at int64) (int, error) {
	half := f.b[:len(f.b)/2]
	if at > int64(len(half)) {
		return 0, f.err
	}
	n := copy(b, half[at:])
	if n < len(b) {
		return n, f.err
	}
	return n, nil
}

func TestWrongExtensionDoesNotMatter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.jpg")
	if err := os.WriteFile(path, realClip(t, "h264_6fps.mp4"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := newDecoder(t, Options{}).Info(t.Context(), f)
	if err != nil || info.Frames != 57 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestAudioOnly(t *testing.T) {
	for _, name := range []string{"a.m4a", "a.mka", "a.wav"} {
		path := filepath.Join(t.TempDir(), name)
		runFFmpeg(t, "-f", "lavfi", "-i", "sine=duration=1", path)
		if _, err := newDecoder(t, Options{}).Info(t.Context(), readFile(t, path)); ReasonOf(err) != Unsupported {
			t.Errorf("%s: %v, want reason unsupported", name, err)
		}
	}
}

// A cut file delivers the frames that its bytes still hold.
func TestTruncatedClips(t *testing.T) {
	for _, name := range []string{"kinetics_h264_340x256.mp4", "ucf_mpeg4_320x240.avi", "h264_6fps.mp4"} {
		file := realClip(t, name)
		d := newDecoder(t, Options{})
		whole, err := d.Info(t.Context(), inMemory(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, share := range []int{5, 30, 60, 95} {
			cut := inMemory(file[:len(file)*share/100])
			clip, err := take(t.Context(), d, cut)
			if err != nil {
				if r := ReasonOf(err); r != Truncated && r != Corrupt {
					t.Errorf("%s cut to %d %%: %v", name, share, err)
				}
				continue
			}
			if clip.Info.Frames > whole.Frames || clip.Info.Frames < 1 {
				t.Errorf("%s cut to %d %%: %d frames of %d", name, share, clip.Info.Frames, whole.Frames)
			}
			if strings.HasSuffix(name, ".mp4") && len(clip.Warnings) == 0 {
				t.Errorf("%s cut to %d %%: %d frames and no warning", name, share, clip.Info.Frames)
			}
			checkExact(t, d, cut)
		}
	}
}

// checkExact compares what a decoder gives with a plain sequential decode.
func checkExact(t *testing.T, d *Decoder, src Source) {
	t.Helper()
	want := sequential(t, src)
	sums := nativeSums(t, d, src, nil)
	if len(sums) != len(want) {
		t.Errorf("%d frames, a sequential decode yields %d", len(sums), len(want))
		return
	}
	for i, w := range want {
		if sums[i] != w.md5 {
			t.Errorf("frame %d differs from a sequential decode", i)
			return
		}
	}
}

func TestDamagedClipReportsGaps(t *testing.T) {
	d := newDecoder(t, Options{})
	src := inMemory(realClip(t, "h264_corrupted.mp4"))
	clip, _, _ := render(t, d, src, func(info *Info) (Plan, error) {
		plan := Plan{Width: 16, Height: 16, Region: Region{W: float64(info.Width), H: float64(info.Height)}}
		for i := range info.Frames {
			plan.Indices = append(plan.Indices, i)
		}
		return plan, nil
	})
	damaged := 0
	for _, f := range clip.Frames {
		if f.Damaged {
			damaged++
		}
	}
	if !clip.Info.FullScan || damaged == 0 && len(clip.Warnings) == 0 {
		t.Errorf("%d frames, %d of them damaged, warnings %q: the damage went unreported", len(clip.Frames), damaged, clip.Warnings)
	}
	checkExact(t, d, src)
}

func TestLimits(t *testing.T) {
	src := inMemory(realClip(t, "kinetics_h264_340x256.mp4"))
	for name, opt := range map[string]Options{
		"pixels": {MaxPixels: 340*256 - 1},
		"frames": {MaxFrames: 299},
	} {
		if _, err := newDecoder(t, opt).Info(t.Context(), src); ReasonOf(err) != Limits {
			t.Errorf("%s: %v, want reason limits", name, err)
		}
	}
	d := newDecoder(t, Options{MaxPixels: 340 * 256, MaxFrames: 300})
	if _, err := d.Info(t.Context(), src); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	if _, err := NewDecoder(Options{Threads: -1}); err == nil {
		t.Error("negative threads were accepted")
	}
}

// Files bigger than MaxHeld are read piece by piece and give the same frames.
func TestWindowedReading(t *testing.T) {
	for _, path := range allClips(t) {
		if turned(path) || strings.HasSuffix(path, ".gif") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			src := readFile(t, path)
			whole, piecewise := newDecoder(t, Options{}), newDecoder(t, Options{MaxHeld: 4 << 10})
			info, err := piecewise.Info(t.Context(), src)
			if err != nil {
				t.Fatal(err)
			}
			n := info.Frames
			set := slices.Compact([]int{n / 5, n / 2, n/2 + (n-n/2)/3, n - 1})
			a, b := nativeSums(t, whole, src, set), nativeSums(t, piecewise, src, set)
			for _, i := range set {
				if a[i] != b[i] || a[i] == "" {
					t.Errorf("frame %d: %q piecewise, %q whole", i, b[i], a[i])
				}
			}
		})
	}
}

func TestPlanErrors(t *testing.T) {
	d := newDecoder(t, Options{})
	src := inMemory(realClip(t, "h264_6fps.mp4"))
	good := Plan{Indices: []int{0}, Width: 8, Height: 8, Region: Region{W: 8, H: 8}}
	refusal := errors.New("not this one")
	for name, test := range map[string]struct {
		plan   func(Plan) (Plan, error)
		length int // of the destination, beyond what the plan needs
	}{
		"beyond the end": {plan: func(p Plan) (Plan, error) { p.Indices = []int{57}; return p, nil }},
		"negative":       {plan: func(p Plan) (Plan, error) { p.Indices = []int{-1}; return p, nil }},
		"falling":        {plan: func(p Plan) (Plan, error) { p.Indices = []int{3, 2}; return p, nil }},
		"no size":        {plan: func(p Plan) (Plan, error) { p.Width = 0; return p, nil }},
		"no region":      {plan: func(p Plan) (Plan, error) { p.Region.W = 0; return p, nil }},
		"no such filter": {plan: func(p Plan) (Plan, error) { p.Filter = 9; return p, nil }},
		"refused":        {plan: func(p Plan) (Plan, error) { return p, refusal }},
		"destination":    {plan: func(p Plan) (Plan, error) { return p, nil }, length: 1},
	} {
		_, err := d.Clip(t.Context(), src, func(*Info) (Plan, error) { return test.plan(good) },
			func(p Plan) ([]byte, error) { return make([]byte, p.Bytes()+test.length), nil })
		if ReasonOf(err) != Failed {
			t.Errorf("%s: %v", name, err)
		}
		if name == "refused" && !errors.Is(err, refusal) {
			t.Errorf("%v does not wrap the caller's error", err)
		}
	}
}

// cancelingSource ends its context when the first byte is read.
type cancelingSource struct {
	memory
	cancel func()
}

func (c cancelingSource) ReadAt(b []byte, at int64) (int, error) {
	c.cancel()
	return c.memory.ReadAt(b, at)
}

func TestCancellationAndDeadline(t *testing.T) {
	src := inMemory(realClip(t, "kinetics_h264_340x256.mp4"))
	d := newDecoder(t, Options{switches: switchFullScan})

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Info(canceled, src); ReasonOf(err) != Canceled || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: %v", err)
	}
	for _, held := range []int64{0, 1000} {
		d := newDecoder(t, Options{MaxHeld: held})
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := d.Info(ctx, cancelingSource{src, cancel}); ReasonOf(err) != Canceled {
			t.Errorf("canceled while reading, %d bytes held: %v", held, err)
		}
	}
	// A full decode takes far longer than this.
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer stop()
	start := time.Now()
	_, err := d.Info(ctx, src)
	if took := time.Since(start); ReasonOf(err) != Timeout || !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
		t.Errorf("deadline of 5 ms: %v after %v", err, took)
	}
	// Cancellation from another goroutine while the codec works.
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := d.Info(ctx, src); ReasonOf(err) != Canceled {
		t.Errorf("canceled while decoding: %v", err)
	}
	if _, err := take(t.Context(), d, src); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
