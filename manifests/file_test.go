package manifests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// forms are the endings of manifest files.
var forms = []string{".parquet", ".csv", ".jsonl"}

func sample() *Manifest {
	long := strings.Repeat("ä", 100)
	return &Manifest{
		Dataset: "hmdb51", Classes: []string{"brush hair", `say "hi", twice`}, Source: "splits/1", Root: "some/where", Tool: "padapter test",
		Records: []Record{
			{ID: "a", URI: "brush hair/#20_Rhythm_clap!_u;_&(x)_0.avi", Kind: Video, Label: 0, LabelName: "brush hair", Split: "train", StartSeconds: 1.5, EndSeconds: 4.25, Group: "g1", Dataset: "hmdb51",
				Extra: map[string]string{"template": "Moving [something], \"quoted\"\nand broken", "placeholders": `["a"]`}, Status: Found,
				Facts: Facts{Frames: 164, FPS: 25, DurationSeconds: 6.56, Width: 320, Height: 240, Rotation: 90, Codec: "mpeg4", Bytes: 12345678901, SHA256: strings.Repeat("0f", 32)}},
			{ID: "-b", URI: "-leading/名前.with.many.dots " + long, Kind: Image, Label: 1, LabelName: `say "hi", twice`, Split: "test", Status: Missing, Reason: "no such file"},
			{ID: "c", URI: "", Kind: Video, Label: NoLabel, Status: Rejected, Reason: "line 3: no label"},
		},
	}
}

func TestRoundTrip(t *testing.T) {
	for _, ending := range forms {
		t.Run(ending, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m"+ending)
			want := sample()
			if err := want.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			got, err := ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if got.Hash() != want.Hash() {
				t.Error("the hash changed on the way")
			}
			again := filepath.Join(t.TempDir(), "again"+ending)
			if err := got.WriteFile(again); err != nil {
				t.Fatal(err)
			}
			a, errA := os.ReadFile(path)
			b, errB := os.ReadFile(again)
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			if string(a) != string(b) {
				t.Error("equal manifests gave different bytes")
			}
		})
	}
}

func TestManyRowGroups(t *testing.T) {
	m := &Manifest{Dataset: "many"}
	for i := range parquetRows + 17 {
		m.Records = append(m.Records, Record{ID: fmt.Sprint(i), URI: "x.avi", Kind: Video, Label: NoLabel, Status: Found})
	}
	path := filepath.Join(t.TempDir(), "m.parquet")
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	back, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash() != m.Hash() || len(back.Records) != len(m.Records) {
		t.Errorf("%d records came back of %d", len(back.Records), len(m.Records))
	}
}

func TestHandWrittenFiles(t *testing.T) {
	want := []Record{
		{ID: "1", URI: "a.mp4", Kind: Video, Label: 1, LabelName: "run", Status: Found, Extra: map[string]string{"camera": "left"}},
		{ID: "2", URI: "b.mp4", Kind: Video, Label: 0, LabelName: "sit", Status: Found},
	}
	files := map[string]string{
		"m.csv":   "\ufeffuri,id,label,label_name,camera\na.mp4,1,1,run,left\nb.mp4,2,0,sit,\n",
		"m.jsonl": `{"id":"1","uri":"a.mp4","label":1,"label_name":"run","camera":"left"}` + "\n\n" + `{"id":"2","uri":"b.mp4","label":0,"label_name":"sit"}`,
	}
	for name, content := range files {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			m, err := ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(m.Records, want) {
				t.Errorf("got %+v", m.Records)
			}
			if !reflect.DeepEqual(m.Classes, []string{"sit", "run"}) {
				t.Errorf("classes %q", m.Classes)
			}
		})
	}
}

// TestForeignParquet reads a file of another program: other widths, required columns, extra ones.
func TestForeignParquet(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "label", Type: arrow.PrimitiveTypes.Int64}, {Name: "label_name", Type: arrow.BinaryTypes.String}, {Name: "uri", Type: arrow.BinaryTypes.String},
		{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "fps", Type: arrow.PrimitiveTypes.Float32, Nullable: true}, {Name: "frames", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "hard", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}, {Name: "weight", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	}, nil)
	rows := `[{"label":0,"label_name":"sit","uri":"a.avi","id":7,"fps":12.5,"frames":"90","hard":true,"weight":0.25},
		{"label":0,"label_name":"sit","uri":"b.avi","id":8,"fps":null,"frames":null,"hard":null,"weight":null}]`
	record, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	path := filepath.Join(t.TempDir(), "foreign.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, nil, pqarrow.DefaultWriterProps())
	if err == nil {
		err = errors.Join(w.Write(record), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{
		{ID: "7", URI: "a.avi", Kind: Video, LabelName: "sit", Status: Found, Facts: Facts{FPS: 12.5, Frames: 90}, Extra: map[string]string{"hard": "true", "weight": "0.25"}},
		{ID: "8", URI: "b.avi", Kind: Video, LabelName: "sit", Status: Found},
	}
	if !reflect.DeepEqual(m.Records, want) || !reflect.DeepEqual(m.Classes, []string{"sit"}) {
		t.Errorf("got %+v with classes %q", m.Records, m.Classes)
	}
}

func TestUnreadableFiles(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"m.csv", "", "no line with column names"},
		{"m.csv", "id,label\n1,2\n", `no column "uri"`},
		{"m.csv", "id,uri,id\n1,a,1\n", "twice"},
		{"m.csv", "id,uri,label\n1,a,run\n", "line 2, column label"},
		{"m.csv", csvPreamble + "{}\nid,uri,label\n1,a,0\n2,b,x\n", "line 4, column label"},
		{"m.csv", "id,uri\n1,a,extra\n", "line 2"},
		{"m.csv", "id,uri,start\n1,a,NaN\n", "not a finite number"},
		{"m.csv", csvPreamble + `{"version":99}` + "\nid,uri\n", "format version 99"},
		{"m.jsonl", "{\"id\":\"1\",\"uri\":\"a\"}\n[]\n", "line 2: want a JSON object"},
		{"m.jsonl", `{"id":"1","uri":"a","label":1.5}`, "field label"},
		{"m.jsonl", `{"id":"1","uri":"a"}` + "\n" + `{"id":"1","uri":"b"}`, `id "1" is already in row 0`},
		{"m.jsonl", `{"manifest":{"version":1,"classes":["x"]}}` + "\n" + `{"id":"1","uri":"a","label":3}`, "there are 1 classes"},
		{"m.parquet", "PAR1 but not really PAR1", "m.parquet"},
		{"m.parquet", "", "m.parquet"},
		{"m.txt", "x", ".parquet, .csv or .jsonl"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.name)
			if err := os.WriteFile(path, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadFile(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.name) {
				t.Errorf("got %v, want an error with %q and the file's name", err, tt.want)
			}
		})
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a missing file was read")
	}
}

func TestWriteRefusesWhatReadWouldRefuse(t *testing.T) {
	m := sample()
	m.Records[1].ID = "a"
	dir := t.TempDir()
	if err := m.WriteFile(filepath.Join(dir, "m.csv")); err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("got %v, want the row named", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder holds %v (%v), want nothing", entries, err)
	}
}

func FuzzReadCSV(f *testing.F) { fuzzForm(f, ".csv") }

func FuzzReadJSONLines(f *testing.F) { fuzzForm(f, ".jsonl") }

func FuzzReadParquet(f *testing.F) { fuzzForm(f, ".parquet") }

// fuzzForm reads anything; what it accepts must survive a round trip.
func fuzzForm(f *testing.F, ending string) {
	path := filepath.Join(f.TempDir(), "seed"+ending)
	if err := sample().WriteFile(path); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "m"+ending)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		m, err := ReadFile(path)
		if err != nil {
			return
		}
		again := filepath.Join(t.TempDir(), "again"+ending)
		if err := m.WriteFile(again); err != nil {
			t.Fatalf("accepted, but can't be written: %v", err)
		}
		back, err := ReadFile(again)
		if err != nil {
			t.Fatalf("written, but can't be read: %v", err)
		}
		if back.Hash() != m.Hash() {
			t.Fatal("the round trip changed the manifest")
		}
	})
}
