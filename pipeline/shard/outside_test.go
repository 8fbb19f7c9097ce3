package shard_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

// TestOutsideReader compares what Apache Arrow's JavaScript library reads of a shard with what we read. It needs node,
// and PADAPTER_NODE_MODULES to name a node_modules folder that holds apache-arrow (npm install apache-arrow).
func TestOutsideReader(t *testing.T) {
	modules := os.Getenv("PADAPTER_NODE_MODULES")
	if modules == "" {
		t.Skip("PADAPTER_NODE_MODULES does not name a node_modules folder with apache-arrow")
	}
	for _, compression := range []string{"none"} { // the library reads no compressed files without further modules
		dir := filepath.Join(t.TempDir(), compression)
		write(t, dir, job(25, compression))
		set, err := shard.OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var theirs []string
		for _, e := range set.Index().Shards {
			out, err := exec.Command("node", filepath.Join("testdata", "outside.mjs"), modules, filepath.Join(dir, e.Name)).Output()
			if err != nil {
				t.Fatalf("node: %v", err)
			}
			lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
			const head = `{"extension":"arrow.fixed_shape_tensor","parameters":{"shape":[2,4,4,3],"dim_names":["T","H","W","C"]},"shape":[2,4,4,3]}`
			if string(lines[0]) != head {
				t.Errorf("they see %s, want %s", lines[0], head)
			}
			for _, line := range lines[1:] {
				theirs = append(theirs, string(line))
			}
		}
		n := 0
		for record, err := range set.Batches(t.Context(), shard.Order{}) {
			if err != nil {
				t.Fatal(err)
			}
			clips, err := batch.View(record)
			if err != nil {
				t.Fatal(err)
			}
			for i := range clips.Len() {
				if want := ours(t, clips, i); n >= len(theirs) || theirs[n] != want {
					t.Fatalf("row %d: they read\n%s\nwe read\n%s", n, theirs[min(n, len(theirs)-1)], want)
				}
				n++
			}
		}
		if n != 25 || n != len(theirs) {
			t.Errorf("they read %d rows and we %d, want 25", len(theirs), n)
		}
	}
}

// ours is a row in the form that outside.mjs prints.
func ours(t *testing.T, clips *batch.Clips, i int) string {
	t.Helper()
	row := struct {
		ID     string    `json:"id"`
		URI    string    `json:"uri"`
		Label  *int32    `json:"label"`
		View   int32     `json:"view"`
		Error  *string   `json:"error"`
		Index  []int32   `json:"index"`
		Pts    []float64 `json:"pts"`
		Frames *string   `json:"frames"`
	}{ID: clips.ID(i), URI: clips.URI(i), View: clips.ViewNumber(i), Index: clips.FrameIndex(i), Pts: clips.Pts(i)}
	if label, ok := clips.Label(i); ok {
		row.Label = &label
	}
	if text := clips.Err(i); text != "" {
		row.Error = &text
	}
	if frames, ok := clips.Frames(i); ok {
		sum := fmt.Sprintf("%x", sha256.Sum256(frames))
		row.Frames = &sum
	}
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
