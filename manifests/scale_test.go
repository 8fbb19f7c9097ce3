package manifests

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// large is a manifest of n records with facts, in 400 classes.
func large(n int) *Manifest {
	m := &Manifest{Dataset: "large", Source: "made up", Root: "clips", Tool: "test"}
	for i := range 400 {
		m.Classes = append(m.Classes, fmt.Sprintf("class %03d", i))
	}
	m.Records = make([]Record, n)
	for i := range m.Records {
		label := int32(i * 7 % 400)
		m.Records[i] = Record{
			ID: fmt.Sprintf("large/%08d", i), URI: fmt.Sprintf("%s/clip number %08d.mp4", m.Classes[label], i), Kind: Video,
			Label: label, LabelName: m.Classes[label], Split: []string{"train", "train", "train", "val"}[i%4], StartSeconds: float64(i%9) / 2,
			Group: fmt.Sprintf("g%06d", i/5), Dataset: "large", Status: Found,
			Facts: Facts{Frames: int64(i%300 + 1), FPS: 25, DurationSeconds: float64(i%300+1) / 25, Width: 320, Height: 240, Codec: "h264",
				Bytes: int64(i) * 1000, SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(strconv.Itoa(i))))},
		}
		if i%100 == 0 {
			m.Records[i].Extra = map[string]string{"template": "Moving [something]", "placeholders": `["a cup"]`}
		}
	}
	return m
}

func benchmarkRows(b *testing.B) int {
	if text := os.Getenv("PADAPTER_ROWS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 100_000
}

// BenchmarkManifest takes PADAPTER_ROWS rows (100,000) through each step.
func BenchmarkManifest(b *testing.B) {
	m := large(benchmarkRows(b))
	path := filepath.Join(b.TempDir(), "m.parquet")
	if err := m.WriteFile(path); err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := m.WriteFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hash", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.Hash()
		}
	})
	b.Run("validate", func(b *testing.B) {
		for b.Loop() {
			if err := m.Validate(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
