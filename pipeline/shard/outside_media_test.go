package shard_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
	"padapter/pipeline/media"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// mediaRow is a row as outside readers see it.
type mediaRow struct {
	ID     string    `json:"id"`
	URI    string    `json:"uri"`
	Label  *int32    `json:"label"`
	Kind   string    `json:"kind"`
	Start  float64   `json:"start"`
	End    float64   `json:"end"`
	Width  int       `json:"width"`
	Height int       `json:"height"`
	Index  []int32   `json:"frame_index"`
	Pts    []float64 `json:"pts"`
	Source string    `json:"source_sha256"`
	Suffix string    `json:"suffix"`
	Error  string    `json:"error"`
	Bytes  []byte    `json:"bytes"`
}

// mediaReaders read a shard each in a program that is not ours.
var mediaReaders = map[string]func(t *testing.T, path string, first, rows int) []mediaRow{
	shard.Arrow:      nodeMedia("apache-arrow"),
	shard.Parquet:    nodeMedia("@duckdb/node-api"),
	shard.WebDataset: unpackedMedia,
}

func nodeMedia(name string) func(t *testing.T, path string, first, rows int) []mediaRow {
	return func(t *testing.T, path string, _, _ int) (rows []mediaRow) {
		out, err := exec.Command("node", filepath.Join("testdata", "outside_media.mjs"), outsideModules(t, name), path).Output()
		if err != nil {
			t.Fatalf("node: %v", err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
			var row mediaRow
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("%v in %.200s", err, line)
			}
			rows = append(rows, row)
		}
		return rows
	}
}

// unpackedMedia unpacks an archive with GNU tar.
func unpackedMedia(t *testing.T, path string, first, count int) (rows []mediaRow) {
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !bytes.Contains(out, []byte("GNU tar")) {
		t.Skip("tar is not GNU tar")
	}
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-C", dir, "-xf", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("tar: %v, %s", err, out)
	}
	for number := first; number < first+count; number++ {
		key := filepath.Join(dir, fmt.Sprintf("%09d", number))
		text, err := os.ReadFile(key + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var row mediaRow
		if err := json.Unmarshal(text, &row); err != nil {
			t.Fatal(err)
		}
		if class, err := os.ReadFile(key + ".cls"); row.Label == nil && err == nil || row.Label != nil && string(class) != fmt.Sprint(*row.Label) {
			t.Errorf("%s.cls holds %q (%v)", key, class, err)
		}
		if row.Suffix != "" {
			if row.Bytes, err = os.ReadFile(key + "." + row.Suffix); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestOutsideReadersOfMedia compares what other programs read of frames and of original bytes, in every kind of file,
// with the manifest, the files it names and, for frames, what we read.
func TestOutsideReadersOfMedia(t *testing.T) {
	man := pipelinetest.Corpus(t, 16)
	man.Records[2].Label, man.Records[2].LabelName = manifests.NoLabel, ""
	man.Records[3].StartSeconds, man.Records[3].EndSeconds = 0.2, 0.7
	files, err := source.Open(t.Context(), man.Root)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	parent := t.TempDir()
	for _, content := range []string{media.Frames, media.Original} {
		preprocess := func(kind string) string {
			dir := filepath.Join(parent, content+" "+kind)
			if _, err := pipeline.Preprocess(t.Context(), pipeline.PreprocessOptions{
				Records: pipelinetest.Spool(t, man), Source: files, Out: dir, Content: content, Files: kind, ShardRecords: 10, Engine: local.Engine{},
			}); err != nil {
				t.Fatal(err)
			}
			return dir
		}
		ours, err := shard.OpenMedia(preprocess(shard.Arrow)) // all kinds of files hold the same rows
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range shard.Files() {
			t.Run(content+" "+kind, func(t *testing.T) {
				dir := preprocess(kind)
				ix, err := shard.ReadIndex(dir)
				if err != nil {
					t.Fatal(err)
				}
				var rows []mediaRow
				for number, e := range ix.Shards {
					rows = append(rows, mediaReaders[kind](t, filepath.Join(dir, e.Name), 10*number, e.Rows)...)
				}
				if len(rows) != len(man.Records) {
					t.Fatalf("they read %d rows, want %d", len(rows), len(man.Records))
				}
				for i, row := range rows {
					checkMedia(t, content, i, row, man, ours)
				}
			})
		}
	}
}

func checkMedia(t *testing.T, content string, i int, row mediaRow, man *manifests.Manifest, ours *shard.MediaSet) {
	t.Helper()
	r := &man.Records[i]
	if row.ID != r.ID || row.URI != r.URI || row.Kind != string(r.Kind) || (row.Label == nil) != (r.Label == manifests.NoLabel) || row.Label != nil && *row.Label != r.Label {
		t.Errorf("row %d is %s %s %s, label %v; want %s %s %s, label %d", i, row.ID, row.URI, row.Kind, row.Label, r.ID, r.URI, r.Kind, r.Label)
	}
	if fails := pipelinetest.Fails(i); content == media.Original && strings.HasPrefix(fails, "unsupported") {
		// The bytes of a file that is no video are stored all the same.
	} else if fails != "" {
		if !strings.HasPrefix(row.Error, fails) || row.Bytes != nil || row.Suffix != "" || row.Index != nil {
			t.Errorf("row %d has the error %q, %d bytes, suffix %q, frames %v; want %q and nothing else", i, row.Error, len(row.Bytes), row.Suffix, row.Index, fails)
		}
		return
	}
	if row.Error != "" || row.Suffix != "avi" {
		t.Errorf("row %d has the error %q and the suffix %q", i, row.Error, row.Suffix)
	}
	if content == media.Original {
		file, err := os.ReadFile(filepath.Join(man.Root, r.URI))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(row.Bytes, file) || row.Source != fmt.Sprintf("%x", sha256.Sum256(file)) || row.Start != r.StartSeconds || row.End != r.EndSeconds || row.Index != nil {
			t.Errorf("row %d: %d bytes, checksum %s, part %g to %g; want the %d of the file", i, len(row.Bytes), row.Source, row.Start, row.End, len(file))
		}
		return
	}
	object, err := ours.Open(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	whole, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if err != nil {
		t.Fatal(err)
	}
	index, pts, err := ours.Times(r)
	if err != nil || !bytes.Equal(row.Bytes, whole) || !slices.Equal(row.Index, index) || !slices.Equal(row.Pts, pts) || row.Start != 0 || row.End != 0 {
		t.Errorf("row %d: %d bytes, frames %v at %v; we read %d bytes, frames %v at %v (%v)", i, len(row.Bytes), row.Index, row.Pts, len(whole), index, pts, err)
	}
	pictures := riffPictures(t, row.Bytes)
	if len(pictures) != len(index) || len(index) == 0 {
		t.Fatalf("row %d has %d pictures and %d frame numbers", i, len(pictures), len(index))
	}
	for n, picture := range pictures {
		got, err := jpeg.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatalf("row %d, picture %d: %v", i, n, err)
		}
		if b := got.Bounds(); b.Dx() != row.Width || b.Dy() != row.Height || b.Dx() != pipelinetest.Width || b.Dy() != pipelinetest.Height {
			t.Errorf("row %d, picture %d has %v, the row says %d x %d", i, n, b, row.Width, row.Height)
		}
		red, _, _, _ := got.At(pipelinetest.Width/2, pipelinetest.Height/2).RGBA()
		if want := int(pipelinetest.Shade(i%8, int(index[n]))); int(red>>8) < want-4 || int(red>>8) > want+4 {
			t.Errorf("row %d, picture %d (frame %d) is %d, want about %d", i, n, index[n], red>>8, want)
		}
	}
}

// riffPictures takes the JPEG pictures of an AVI file out of its lists: chunks called 00dc or 00db.
func riffPictures(t *testing.T, b []byte) (pictures [][]byte) {
	t.Helper()
	var walk func(b []byte)
	walk = func(b []byte) {
		for len(b) >= 8 {
			name, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:]))
			if size > len(b)-8 {
				t.Fatalf("chunk %q of %d bytes, %d are left", name, size, len(b)-8)
			}
			switch {
			case name == "RIFF" || name == "LIST":
				walk(b[12 : 8+size])
			case name == "00dc" || name == "00db":
				pictures = append(pictures, b[8:8+size])
			}
			b = b[min(len(b), 8+size+size%2):]
		}
	}
	walk(b)
	return pictures
}
