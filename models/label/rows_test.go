package label

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/wholefile"
)

func sampleRows() []Row {
	return []Row{
		{ID: "a", URI: "in/a, with comma.avi", Labels: []int32{2, 0}, Names: []string{"walk \"fast\"", "jump"}, Scores: []float32{0.75, 0.2}, Entropy: 0.7, Frames: []int32{0, 4}, Seconds: []float64{0, 0.16}, Abstain: true, Views: 1},
		{ID: "b", URI: "in/b.avi", Error: "corrupt: no frame could be decoded"},
		{ID: "c", URI: "in/ç<.avi", Labels: []int32{1, 2}, Names: []string{"run", "walk \"fast\""}, Scores: []float32{1, 0}, Frames: []int32{3, 3}, Seconds: []float64{0.1, 0.1}, PartSeconds: [2]float64{0, 2.5}, Views: 2},
	}
}

func sampleProvenance() Provenance {
	return Provenance{Version: "test", Model: "abc", RecipeHash: "def", Classes: []string{"jump", "run", "walk \"fast\""}, TopK: 2}
}

func writeRows(t *testing.T, path string, rows []Row) {
	t.Helper()
	w, err := Create(path, sampleProvenance())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Fatal("the file has its name before it is complete")
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Fatalf("abort after close: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Fatalf("directory holds %v (%v), want the file alone", entries, err)
	}
}

// readParquet reads rows back, with columns null where they have to be.
func readParquet(t *testing.T, path string) (rows []Row, meta map[string]string) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rows, meta, err := readParquetIn(t.Context(), mem, path)
	if err != nil {
		t.Fatal(err)
	}
	return rows, meta
}

// Exactly the columns that the format says are null in a row with an error, and in one without.
func TestNulls(t *testing.T) {
	schema, err := rowSchema(Provenance{Embedding: 2})
	if err != nil {
		t.Fatal(err)
	}
	b := newRowBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for _, row := range sampleRows() {
		row.Embedding = []float32{1, 2}
		b.append(row)
	}
	record := b.NewRecord()
	defer record.Release()
	for i, row := range sampleRows() {
		for c := range int(record.NumCols()) {
			valid := row.Error == ""
			switch c {
			case columnID, columnURI:
				valid = true
			case columnError:
				valid = row.Error != ""
			case columnStart, columnEnd:
				valid = row.PartSeconds != [2]float64{}
			}
			if record.Column(c).IsValid(i) != valid {
				t.Errorf("row %s: column %s has a value: %t", row.ID, record.ColumnName(c), !valid)
			}
		}
	}
}

func sameRow(a, b Row) bool {
	return a.ID == b.ID && a.URI == b.URI && a.Error == b.Error && a.Entropy == b.Entropy && a.Abstain == b.Abstain && a.PartSeconds == b.PartSeconds && a.Views == b.Views && slices.Equal(a.Embedding, b.Embedding) &&
		slices.Equal(a.Labels, b.Labels) && slices.Equal(a.Names, b.Names) && slices.Equal(a.Scores, b.Scores) &&
		slices.Equal(a.Frames, b.Frames) && slices.Equal(a.Seconds, b.Seconds)
}

func TestParquetRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.parquet")
	writeRows(t, path, sampleRows())
	got, meta := readParquet(t, path)
	if !slices.EqualFunc(got, sampleRows(), sameRow) {
		t.Errorf("read back %+v\nwrote     %+v", got, sampleRows())
	}
	want := map[string]string{"padapter.format": formatVersion, "padapter.model": "abc", "padapter.recipe_hash": "def", "padapter.top_k": "2", "padapter.classes": `["jump","run","walk \"fast\""]`}
	for key, value := range want {
		if meta[key] != value {
			t.Errorf("metadata %s = %q, want %q", key, meta[key], value)
		}
	}
}

func TestParquetManyRowGroups(t *testing.T) {
	rows := make([]Row, 2*rowsPerGroup+17)
	for i := range rows {
		rows[i] = sampleRows()[i%3]
		rows[i].ID = strconv.Itoa(i)
	}
	first, second := filepath.Join(t.TempDir(), "a.parquet"), filepath.Join(t.TempDir(), "b.parquet")
	writeRows(t, first, rows)
	writeRows(t, second, rows)
	got, _ := readParquet(t, first)
	if !slices.EqualFunc(got, rows, sameRow) {
		t.Errorf("%d rows read back differ from %d written", len(got), len(rows))
	}
	a, errA := os.ReadFile(first)
	b, errB := os.ReadFile(second)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("equal rows gave different bytes (%v, %v)", errA, errB)
	}
}

func TestEmptyFileIsReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.parquet")
	writeRows(t, path, nil)
	if got, _ := readParquet(t, path); len(got) != 0 {
		t.Errorf("%d rows in an empty file", len(got))
	}
}

func TestParquetReleasesItsMemory(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	for _, finish := range []func(Writer) error{Writer.Commit, Writer.Abort} {
		d, err := wholefile.Create(filepath.Join(t.TempDir(), "labels.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		w, err := newParquetWriterIn(mem, d, sampleProvenance())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(sampleRows()[0]); err != nil {
			t.Fatal(err)
		}
		if err := finish(w); err != nil {
			t.Fatal(err)
		}
	}
}

func TestJSONLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.jsonl")
	writeRows(t, path, sampleRows())
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for i, want := range sampleRows() {
		if !lines.Scan() {
			t.Fatalf("only %d lines", i)
		}
		var got jsonRow
		if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.ID != want.ID || got.URI != want.URI || !slices.Equal(got.Names, want.Names) || !slices.Equal(got.Scores, want.Scores) {
			t.Errorf("line %d: %s", i, lines.Text())
		}
		if (got.Error != nil) != (want.Error != "") || (got.Entropy == nil) != (want.Error != "") {
			t.Errorf("line %d has error %v and entropy %v", i, got.Error, got.Entropy)
		}
	}
	if lines.Scan() {
		t.Errorf("one line too many: %s", lines.Text())
	}
}

func TestCSV(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels.csv")
	writeRows(t, path, sampleRows())
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"id", "uri", "error", "entropy", "abstain", "start", "end", "views", "label_1", "name_1", "score_1", "label_2", "name_2", "score_2"},
		{"a", "in/a, with comma.avi", "", "0.7", "true", "", "", "1", "2", "walk \"fast\"", "0.75", "0", "jump", "0.2"},
		{"b", "in/b.avi", "corrupt: no frame could be decoded", "", "", "", "", "", "", "", "", "", "", ""},
		{"c", "in/ç<.avi", "", "0", "false", "0", "2.5", "2", "1", "run", "1", "2", "walk \"fast\"", "0"},
	}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	for _, name := range []string{"l.parquet", "l.jsonl", "l.csv"} {
		dir := t.TempDir()
		w, err := Create(filepath.Join(dir, name), sampleProvenance())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(sampleRows()[0]); err != nil {
			t.Fatal(err)
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("%s: aborting left %v (%v)", name, entries, err)
		}
	}
}

func TestCreateRejects(t *testing.T) {
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "labels.txt"):               "unknown extension",
		filepath.Join(t.TempDir(), "absent", "labels.parquet"): "no such file",
	} {
		if _, err := Create(path, sampleProvenance()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Create(%s): %v, want an error about %q", path, err, want)
		}
	}
	if _, err := Create(filepath.Join(t.TempDir(), "l.csv"), Provenance{}); err == nil {
		t.Error("top-k 0 was accepted")
	}
	if _, err := Create(filepath.Join(t.TempDir(), "l.csv"), Provenance{TopK: 1, Embedding: 3}); err == nil || !strings.Contains(err.Error(), "embeddings") {
		t.Errorf("embeddings in CSV: %v", err)
	}
}
