package shard_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

// outsideRow is a row as the readers in testdata print it.
type outsideRow struct {
	ID     string      `json:"id"`
	URI    string      `json:"uri"`
	Label  *int32      `json:"label"`
	View   int32       `json:"view"`
	Error  *string     `json:"error"`
	Index  []int32     `json:"index"`
	Pts    []float64   `json:"pts"`
	Crop   *[4]float64 `json:"crop"`
	Flip   bool        `json:"flip"`
	Source *string     `json:"source"`
	Frames *string     `json:"frames"` // SHA-256
}

// pointer is nil for an empty text.
func pointer(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ours lists the rows of a folder as we read them.
func ours(t *testing.T, dir string) (rows []outsideRow) {
	t.Helper()
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for record, err := range set.Batches(t.Context(), shard.Order{}) {
		if err != nil {
			t.Fatal(err)
		}
		clips, err := batch.View(record)
		if err != nil {
			t.Fatal(err)
		}
		for i := range clips.Len() {
			r := clips.Row(i)
			row := outsideRow{ID: r.ID, URI: r.URI, View: r.View, Error: pointer(r.Error), Index: r.FrameIndex, Pts: r.Seconds, Flip: r.Flip, Source: pointer(r.SourceSHA256)}
			if r.Label >= 0 {
				row.Label = &r.Label
			}
			if frames, ok := clips.Frames(i); ok {
				row.Crop, row.Frames = &r.Crop, pointer(fmt.Sprintf("%x", sha256.Sum256(frames)))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func compare(t *testing.T, theirs, ours []outsideRow) {
	t.Helper()
	if len(theirs) != 25 || len(ours) != 25 {
		t.Fatalf("they read %d rows and we %d, want 25", len(theirs), len(ours))
	}
	for i := range ours {
		if !reflect.DeepEqual(theirs[i], ours[i]) {
			a, _ := json.Marshal(theirs[i])
			b, _ := json.Marshal(ours[i])
			t.Fatalf("row %d: they read\n%s\nwe read\n%s", i, a, b)
		}
	}
}

// node runs a reader in testdata over every shard of a folder and returns each shard's first line, and all rows.
func node(t *testing.T, script, modules, dir string, more ...string) (heads []string, rows []outsideRow) {
	t.Helper()
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range set.Index().Shards {
		out, err := exec.Command("node", append([]string{filepath.Join("testdata", script), modules, filepath.Join(dir, e.Name)}, more...)...).Output()
		if err != nil {
			t.Fatalf("node: %v", err)
		}
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		heads = append(heads, string(lines[0]))
		for _, line := range lines[1:] {
			var row outsideRow
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			rows = append(rows, row)
		}
	}
	return heads, rows
}

// outsideModules is the node_modules folder that PADAPTER_NODE_MODULES names, if it holds a package.
func outsideModules(t *testing.T, name string) string {
	t.Helper()
	modules := os.Getenv("PADAPTER_NODE_MODULES")
	if _, err := os.Stat(filepath.Join(modules, filepath.FromSlash(name))); modules == "" || err != nil {
		t.Skipf("PADAPTER_NODE_MODULES does not name a node_modules folder with %s (npm install %s)", name, name)
	}
	return modules
}

// TestOutsideReader compares what Apache Arrow's JavaScript library reads of a shard with what we read.
func TestOutsideReader(t *testing.T) {
	modules := outsideModules(t, "apache-arrow")
	for _, compression := range []string{"none", "lz4"} { // node has no zstd of its own in all versions
		t.Run(compression, func(t *testing.T) {
			if compression != "none" {
				outsideModules(t, "lz4js")
			}
			dir := filepath.Join(t.TempDir(), compression)
			write(t, dir, job(25, compression))
			heads, theirs := node(t, "outside.mjs", modules, dir, compression)
			const want = `{"extension":"arrow.fixed_shape_tensor","parameters":{"shape":[2,4,4,3],"dim_names":["T","H","W","C"]},"shape":[2,4,4,3]}`
			for _, head := range heads {
				if head != want {
					t.Errorf("they see %s, want %s", head, want)
				}
			}
			compare(t, theirs, ours(t, dir))
		})
	}
}

// TestOutsideReaderOfParquet compares what DuckDB reads with what we read.
func TestOutsideReaderOfParquet(t *testing.T) {
	modules := outsideModules(t, "@duckdb/node-api")
	for _, compression := range []string{"none", "zstd"} {
		t.Run(compression, func(t *testing.T) {
			j := job(25, compression)
			j.Files = shard.Parquet
			dir := filepath.Join(t.TempDir(), compression)
			write(t, dir, j)
			heads, theirs := node(t, "outside_parquet.mjs", modules, dir)
			for _, head := range heads {
				if head != "[2,4,4,3]" {
					t.Errorf("they see the shape %s", head)
				}
			}
			compare(t, theirs, ours(t, dir))
		})
	}
}

// TestOutsideReaderOfTar unpacks archives with GNU tar and compares the files with what we read.
func TestOutsideReaderOfTar(t *testing.T) {
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !bytes.Contains(out, []byte("GNU tar")) {
		t.Skip("tar is not GNU tar")
	}
	j := job(25, "none")
	j.Files = shard.WebDataset
	dir, unpacked := filepath.Join(t.TempDir(), "shards"), t.TempDir()
	write(t, dir, j)
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range set.Index().Shards {
		if out, err := exec.Command("tar", "-C", unpacked, "-xf", filepath.Join(dir, e.Name)).CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("tar: %v, %s", err, out)
		}
	}
	var theirs []outsideRow
	for i := range 25 {
		theirs = append(theirs, unpackedRow(t, filepath.Join(unpacked, fmt.Sprintf("%09d", i))))
	}
	compare(t, theirs, ours(t, dir))
}

// unpackedRow reads the files of one row.
func unpackedRow(t *testing.T, key string) outsideRow {
	t.Helper()
	text, err := os.ReadFile(key + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		outsideRow
		FrameIndex []int32 `json:"frame_index"`
		Source     *string `json:"source_sha256"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	row := r.outsideRow
	row.Index, row.Source = r.FrameIndex, r.Source
	class, err := os.ReadFile(key + ".cls")
	if row.Label != nil && (err != nil || string(class) != fmt.Sprint(*row.Label)) {
		t.Errorf("%s.cls holds %q, %v, want %d", key, class, err, *row.Label)
	}
	array, err := os.ReadFile(key + ".npy")
	if err != nil {
		return row
	}
	// NumPy's format 1.0: magic, version, length of the text (little endian), the text, then the values.
	length := int(array[8]) | int(array[9])<<8
	if string(array[:8]) != "\x93NUMPY\x01\x00" || (10+length)%64 != 0 || array[10+length-1] != '\n' ||
		strings.TrimSpace(string(array[10:10+length])) != "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4, 3), }" {
		t.Errorf("%s.npy begins with %q", key, array[:10+length])
	}
	row.Frames = pointer(fmt.Sprintf("%x", sha256.Sum256(array[10+length:])))
	return row
}
