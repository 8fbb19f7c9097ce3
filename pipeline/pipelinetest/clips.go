// Package pipelinetest makes small video files and manifests for tests: a real encoder writes them, and the colour of
// each frame says which frame it is.
package pipelinetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"padapter/decode/encode"
	"padapter/manifests"
	"padapter/manifests/recipe"
)

// The size of the clips.
const (
	Width, Height = 48, 32
	Frames        = 10
)

// Recipe is a small recipe's clip part: 4 frames at a stride of 2, 16 x 16 pixels.
func Recipe() recipe.Clip {
	return recipe.Clip{Frames: 4, Stride: 2, Temporal: "dense", ShortSide: 16, Height: 16, Width: 16, Filter: "bilinear",
		TrainTemporal: "random", TrainCrop: "random", Flip: true, Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.25, .25, .25}}
}

// Shade is the grey value of a frame of a clip.
func Shade(clip, frame int) byte { return byte(20 + clip%8*3 + frame*20) }

// WriteClip writes one file of Frames frames.
func WriteClip(t testing.TB, path string, clip int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := encode.Create(file, encode.Options{Codec: "ffv1", Width: Width, Height: Height, FPSNum: 10, FPSDen: 1})
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, Width*Height*3)
	for n := range Frames {
		for i := range frame {
			frame[i] = Shade(clip, n)
		}
		if err := w.WriteRGB(frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// Corpus writes a folder of a few files and returns a manifest of n records over them, so that a large manifest needs
// little disk. Record i shows clip i mod 8; every eleventh is missing, the one after it rejected, and the one after
// that corrupt.
func Corpus(t testing.TB, n int) *manifests.Manifest {
	t.Helper()
	root := t.TempDir()
	for clip := range min(n, 8) {
		WriteClip(t, filepath.Join(root, name(clip)), clip)
	}
	if err := os.WriteFile(filepath.Join(root, "bad.avi"), []byte("this is no video at all, whatever its name says"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := &manifests.Manifest{Dataset: "test", Classes: []string{"even", "odd"}, Source: "pipelinetest", Root: root}
	for i := range n {
		r := manifests.Record{ID: fmt.Sprintf("record-%04d", i), URI: name(i % 8), Kind: manifests.Video, Label: int32(i % 2),
			LabelName: m.Classes[i%2], Status: manifests.Found}
		switch i % 11 {
		case 7:
			r.URI = "absent.avi"
		case 8:
			r.Status, r.Reason = manifests.Rejected, "planted"
		case 9:
			r.URI = "bad.avi"
		}
		m.Records = append(m.Records, r)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m
}

func name(clip int) string { return fmt.Sprintf("clip-%d.avi", clip) }

// Fails says which error row i of a Corpus has, or "".
func Fails(i int) string {
	switch i % 11 {
	case 7:
		return "missing: "
	case 8:
		return "rejected: planted"
	case 9:
		return "unsupported: "
	}
	return ""
}
