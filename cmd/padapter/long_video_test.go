package main

import (
	"bufio"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"padapter/cmd/internal/actions"
	"padapter/decode/encode"
	"padapter/models/segment"
)

// TestLongVideo labels one video of many actions, whose times are known, with the network that a finished demo has
// pretrained: PADAPTER_DEMO names the demo's folder, PADAPTER_MINUTES how long the video is (10).
func TestLongVideo(t *testing.T) {
	demo := os.Getenv("PADAPTER_DEMO")
	if demo == "" {
		t.Skip("PADAPTER_DEMO does not name the folder of a finished demo")
	}
	minutes := 10
	if text := os.Getenv("PADAPTER_MINUTES"); text != "" {
		var err error
		if minutes, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const clips = 6 // an action is so many clips of the training set long
	const length = float64(demoFrames*clips) / demoFPS
	dir := t.TempDir()
	video := filepath.Join(dir, "in", "long.avi")
	truth := writeLongVideo(t, video, int(float64(minutes)*60/length), clips)

	const hop = 1.0
	found := filepath.Join(dir, "segments.jsonl")
	mustPadapter(t, "label", "--checkpoint", filepath.Join(demo, "runs", "source", "best"), "--input", filepath.Dir(video), "--out", filepath.Join(dir, "windows.parquet"),
		"--window", "2", "--hop", strconv.FormatFloat(hop, 'g', -1, 64), "--segments", found, "--webvtt", filepath.Join(dir, "vtt"),
		"--on", "0.5", "--off", "0.5", "--join-gap", "2", "--min-length", "6")
	segments := readSegments(t, found)

	right, within := 0, 0
	for i, name := range truth {
		start, end := float64(i)*length, float64(i+1)*length
		for _, s := range segments {
			if s.Name != name || s.End < start+hop || s.Start > end-hop {
				continue
			}
			right++
			if math.Abs(s.Start-start) <= hop && math.Abs(s.End-end) <= hop {
				within++
			}
			break
		}
	}
	t.Logf("%d actions of %v s, %d segments: %d actions found, %d of them with both ends within %v s", len(truth), length, len(segments), right, within, hop)
	if right < len(truth)*8/10 || within < right*8/10 {
		t.Error("too few")
	}
	if _, err := os.Stat(filepath.Join(dir, "vtt", "long.avi.vtt")); err != nil {
		t.Error(err)
	}
}

// writeLongVideo renders n actions, never the same one twice running, each as long as so many clips, and
// returns their names.
func writeLongVideo(t *testing.T, path string, n, clips int) (truth []string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const width, height = 64, 48
	w, err := encode.Create(file, encode.Options{Codec: "mpeg4", Container: "avi", Width: width, Height: height, FPSNum: demoFPS, FPSDen: 1})
	if err != nil {
		t.Fatal(err)
	}
	set, r, frame := actions.Source(), rand.New(rand.NewPCG(11, 12)), make([]byte, width*height*3)
	for i := range n {
		class := r.IntN(len(set.Motions))
		for i > 0 && set.Motions[class].Name == truth[i-1] {
			class = r.IntN(len(set.Motions))
		}
		truth = append(truth, set.Motions[class].Name)
		scene, err := set.Scene(99, i, class, width, height, demoFrames)
		if err != nil {
			t.Fatal(err)
		}
		for f := range demoFrames * clips { // a steady motion goes on beyond its clip
			scene.Render(frame, f)
			if err := w.WriteRGB(frame); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return truth
}

func readSegments(t *testing.T, path string) (segments []segment.Row) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct {
			segment.Row
			Error *string `json:"error"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Error != nil {
			t.Errorf("%s: %s", row.ID, *row.Error)
		}
		segments = append(segments, row.Row)
	}
	return segments
}
