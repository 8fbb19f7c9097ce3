package decode

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// memory is a clip held in memory.
type memory struct{ *bytes.Reader }

func inMemory(b []byte) memory { return memory{bytes.NewReader(b)} }

func (m memory) Size() int64 { return m.Reader.Size() }

var _ interface {
	io.ReaderAt
	Size() int64
} = memory{}

func repositoryRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
	}
}

// realClips lists the real clips beside the repository; without them the test is skipped.
func realClips(t testing.TB) []string {
	t.Helper()
	files := realClipsFound(t)
	if len(files) == 0 {
		t.Skip("no real clips in ../shared/clips; set PADAPTER_CLIPS to their directory")
	}
	return files
}

func realClipsFound(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("PADAPTER_CLIPS")
	if dir == "" {
		dir = filepath.Join(repositoryRoot(t), "..", "shared", "clips")
	}
	var files []string
	for _, pattern := range []string{"*.mp4", "*.mov", "*.avi", "*.webm", "*.mkv"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		files = append(files, found...)
	}
	return files
}

func readFile(t testing.TB, path string) memory {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return inMemory(b)
}

// newDecoder makes a Decoder and asserts that nothing native outlives the test.
func newDecoder(t testing.TB, opt Options) *Decoder {
	t.Helper()
	before := LiveHandles()
	d, err := NewDecoder(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if now := LiveHandles(); now > before {
			t.Errorf("%d native handles outlive the decoder", now-before)
		}
	})
	return d
}

// frameMD5 is one line of FFmpeg's framemd5 output.
type frameMD5 struct {
	seconds float64
	md5     string
}

// outsideFrames decodes a file with the ffmpeg program.
func outsideFrames(t testing.TB, path string) []frameMD5 {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg program on PATH to compare with")
	}
	out, err := exec.Command(program, "-v", "error", "-threads", "1", "-copyts", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough",
		"-enc_time_base", "-1", "-f", "framemd5", "-").Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("ffmpeg %s: %v", path, err)
	}
	base := 1.0
	var frames []frameMD5
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if tb, ok := strings.CutPrefix(line, "#tb 0: "); ok {
			num, den, _ := strings.Cut(tb, "/")
			n, _ := strconv.ParseFloat(num, 64)
			m, _ := strconv.ParseFloat(den, 64)
			base = n / m
		}
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, ",")
		if len(fields) < 6 {
			t.Fatalf("framemd5 line %q", line)
		}
		pts, err := strconv.ParseFloat(strings.TrimSpace(fields[2]), 64)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frameMD5{pts * base, strings.TrimSpace(fields[5])})
	}
	return frames
}

// runFFmpeg runs the ffmpeg program, which the test is skipped without.
func runFFmpeg(t testing.TB, args ...string) {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg program on PATH")
	}
	out, err := exec.Command(program, append([]string{"-nostdin", "-v", "error", "-y"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
}
