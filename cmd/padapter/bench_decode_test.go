package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/decode/bench"
)

func TestBenchDecodeFollows(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "clip.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	opt := bench.Options{Frames: 2, Stride: 1, Size: 16, Workers: 1, Repeat: 1}
	if err := followTurns(t.Context(), dir, opt, strings.NewReader("\n\n\n"), &out); err != nil {
		t.Fatal(err)
	}
	turns := 0
	for answers := json.NewDecoder(&out); answers.More(); turns++ {
		var turn bench.Turn
		if err := answers.Decode(&turn); err != nil {
			t.Fatal(err)
		}
		if turn.Rate <= 0 {
			t.Errorf("turn %+v", turn)
		}
	}
	if turns != 3 {
		t.Errorf("%d answers to three lines", turns)
	}
}
