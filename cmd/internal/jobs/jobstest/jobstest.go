// Package jobstest makes what tests of jobs work on: a small dataset of synthetic actions and a recipe for a tiny network.
package jobstest

import (
	"os"
	"path/filepath"
	"testing"

	"padapter/cmd/internal/actions"
	"padapter/cmd/internal/actions/dataset"
	"padapter/ingest"
	"padapter/manifests"
)

const recipe = `name: tiny
clip: {frames: 4, stride: 2, temporal: dense, short_side: 24, height: 24, width: 32, filter: area, train_temporal: center, train_crop: center, flip: false, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}
model: {dim: 16, depth: 2, heads: 2, mlp_ratio: 2, patch: 8, tubelet: 2}
tuning: {kind: padapter, bottleneck: 6, location: a_m_p, cat_mode: p_2x_p, learn_mode: cat, scale: learned}
train: {epochs: 1, batch: 8, optimizer: adamw, base_lr: 0.2, min_lr: 0, warmup_epochs: 0, momentum: 0.9, weight_decay: 0.01, clip_norm: 1, seed: 5, shuffle_frames: false}
eval: {batch: 8, top_k: 2}
`

// Recipe writes a recipe of one epoch, of a PAdapter in mode p_2x_p with prompts of its own, and returns its file.
func Recipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.yaml")
	if err := os.WriteFile(path, []byte(recipe), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Clips renders a dataset of eight classes with the splits train (two clips a class), val and test (one each), and returns
// its manifest.
func Clips(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	set := dataset.Dataset{Actions: actions.Target(), Train: 2, Test: 2, Width: 48, Height: 32, Seed: 4}
	if err := set.Write(t.Context(), dir, func(int) {}); err != nil {
		t.Fatal(err)
	}
	found, err := ingest.HMDB51(t.Context(), ingest.HMDB51Options{
		Root: filepath.Join(dir, dataset.VideosFolder), Splits: filepath.Join(dir, dataset.SplitsFolder), Split: 1, Dataset: "tiny", Tool: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{} // classes with a validation clip
	for i := range found.Manifest.Records {
		if r := &found.Manifest.Records[i]; r.Split == "test" && !seen[r.LabelName] {
			seen[r.LabelName], r.Split = true, "val"
		}
	}
	path := filepath.Join(dir, "tiny.parquet")
	if err := found.Manifest.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Read reads a manifest.
func Read(t *testing.T, path string) *manifests.Manifest {
	t.Helper()
	m, err := manifests.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
