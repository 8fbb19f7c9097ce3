package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	jobs "padapter/cmd/internal/jobs/bench"
	"padapter/cmd/internal/ui"
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
	rounds, err := bench.OpenRounds(dir, bench.Options{Frames: 2, Stride: 1, Size: 16, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rounds.Close()
	var out bytes.Buffer
	ctx := ui.With(t.Context(), ui.New(ui.Quiet, &out, io.Discard))
	if err := jobs.Follow(ctx, strings.NewReader("\n\n\n"), ui.From(ctx).Result, rounds.Next); err != nil {
		t.Fatal(err)
	}
	n := 0
	for answers := json.NewDecoder(&out); answers.More(); n++ {
		var round bench.Round
		if err := answers.Decode(&round); err != nil {
			t.Fatal(err)
		}
		if round.Rate <= 0 {
			t.Errorf("round %+v", round)
		}
	}
	if n != 3 {
		t.Errorf("%d answers to three lines", n)
	}
}
