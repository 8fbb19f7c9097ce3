package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"padapter/decode/encode"
)

// peersPython returns the Python that has the peers of benchmarks, see .ci/deps/python.sh.
func peersPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("PADAPTER_PYTHON")
	if python == "" {
		t.Skip("PADAPTER_PYTHON names no Python with the peers of benchmarks: .ci/deps/python.sh makes one")
	}
	return python
}

// comparison runs a script that compares and returns what it printed.
func comparison(t *testing.T, script string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), peersPython(t), append([]string{filepath.Join("..", "..", script)}, args...)...)
	var stderr strings.Builder
	command.Stderr = &stderr
	stdout, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", script, err, stdout, stderr.String())
	}
	return string(stdout)
}

// TestModelsAgreeWithPeers compares tiny networks with PyTorch and OpenVINO, which run the same network written in PyTorch. Results that differ are left out by the script, as programs that do not start are.
func TestModelsAgreeWithPeers(t *testing.T) {
	t.Setenv("OMP_WAIT_POLICY", "PASSIVE") // PyTorch's threads spin for each other, which takes minutes on a busy machine
	peers := "torch:float32,openvino:float32"
	if os.Getenv("PADAPTER_LONG") != "" { // PyTorch's exporter takes half a minute, its compiler minutes
		peers += ",onnxruntime:float32,compile:float32"
	}
	path := filepath.Join(t.TempDir(), "peers.jsonl")
	text := comparison(t, "models/bench/peers/compare.py", "--padapter", buildProgram(t), "--model", "tiny", "--frames", "2", "--size", "32", "--batch", "2",
		"--engines", "onnx,go", "--peers", peers, "--rounds", "2", "--json", path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d cases, want a forward pass and a step:\n%s", len(lines), text)
	}
	for _, line := range lines {
		var found struct {
			Pass     string                                 `json:"pass"`
			Programs map[string]struct{ Seconds []float64 } `json:"programs"`
			LeftOut  map[string]string                      `json:"left_out"`
		}
		if err := json.Unmarshal([]byte(line), &found); err != nil {
			t.Fatal(err)
		}
		if len(found.LeftOut) > 0 {
			t.Errorf("%s: left out: %v", found.Pass, found.LeftOut)
		}
		want := []string{"padapter-go:float32", "torch:float32"}
		if found.Pass == "forward" {
			want = strings.Split("padapter-go:float32,"+peers, ",")
		}
		for _, name := range want {
			if n := len(found.Programs[name].Seconds); n != 2 {
				t.Errorf("%s: %d rounds of %s, want 2", found.Pass, n, name)
			}
		}
	}
	table := comparison(t, "models/bench/peers/tables.py", path)
	for _, want := range []string{"### Forward, native", "### Step, native", "| ViT-T | 4 | 2 |", "PyTorch float32"} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is not in the tables:\n%s", want, table)
		}
	}
}

// TestDecodersAgreeWithPeers compares the frames of clips with those of torchcodec, decord, PyAV and OpenCV.
func TestDecodersAgreeWithPeers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mpeg4")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.avi", "b.avi"} {
		writeMovingClip(t, filepath.Join(dir, name))
	}
	text := comparison(t, "decode/bench/peers/compare.py", buildProgram(t), dir, "--rounds", "2", "--workers", "1")
	for _, name := range []string{"**padapter**", "torchcodec", "torchcodec-approximate", "decord", "pyav", "opencv"} {
		if !strings.Contains(text, "| "+name+" | 2 of 2 |") {
			t.Errorf("%s does not decode both clips as padapter does:\n%s", name, text)
		}
	}
}

// writeMovingClip writes 80 frames of MPEG-4 in which a bright square moves by two pixels a frame. It has no B-frames:
// with them the times in an AVI begin late, and peers that find frames by time decode the frame before the one asked for.
func writeMovingClip(t *testing.T, path string) {
	t.Helper()
	const width, height, frames = 320, 240, 80
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := encode.Create(f, encode.Options{Codec: "mpeg4", Width: width, Height: height})
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, width*height*3)
	for n := range frames {
		for i := range frame {
			x, y := i/3%width, i/3/width
			frame[i] = byte(40 + x/4)
			if x >= 2*n && x < 2*n+120 && y >= 60 && y < 180 {
				frame[i] = 220
			}
		}
		if err := w.WriteRGB(frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
