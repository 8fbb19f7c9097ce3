package segment

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

var rows = []Row{
	{ID: "a", URI: "in/a, <1>.avi", Label: 2, Name: `walk "fast"`, StartSeconds: 0.5, EndSeconds: 3.25, Score: 0.75, Peak: 1},
	{ID: "b", URI: "in/b.avi", Error: "corrupt: no frames"},
}

func writeFile(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := f.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Fatal("the file has its name before it is complete")
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Abort(); err != nil {
		t.Errorf("abort after close: %v", err)
	}
	return path
}

func TestTextFiles(t *testing.T) {
	for name, want := range map[string]string{
		"s.jsonl": `{"id":"a","uri":"in/a, <1>.avi","label_id":2,"label_name":"walk \"fast\"","start":0.5,"end":3.25,"score":0.75,"peak":1,"error":null}
{"id":"b","uri":"in/b.avi","label_id":null,"label_name":null,"start":null,"end":null,"score":null,"peak":null,"error":"corrupt: no frames"}
`,
		"s.csv": `id,uri,label_id,label_name,start,end,score,peak,error
a,"in/a, <1>.avi",2,"walk ""fast""",0.5,3.25,0.75,1,
b,in/b.avi,,,,,,,corrupt: no frames
`,
	} {
		got, err := os.ReadFile(writeFile(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestParquetFile(t *testing.T) {
	parquet, err := file.OpenParquetFile(writeFile(t, "s.parquet"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer parquet.Close()
	reader, err := pqarrow.NewFileReader(parquet, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := reader.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	if table.NumRows() != 2 || int(table.NumCols()) != len(columns) {
		t.Fatalf("%d rows of %d columns", table.NumRows(), table.NumCols())
	}
	column := func(i int) string {
		if name := table.Column(i).Name(); name != columns[i].Name {
			t.Errorf("column %d is called %s", i, name)
		}
		chunk := table.Column(i).Data().Chunk(0)
		return chunk.ValueStr(0) + "|" + chunk.ValueStr(1)
	}
	var got []string
	for i := range columns {
		got = append(got, column(i))
	}
	want := `a|b in/a, <1>.avi|in/b.avi 2|(null) walk "fast"|(null) 0.5|(null) 3.25|(null) 0.75|(null) 1|(null) (null)|corrupt: no frames`
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if _, ok := table.Column(2).Data().Chunk(0).(*array.Int32); !ok {
		t.Error("label_id is no int32")
	}
}

func TestFileThatCannotBe(t *testing.T) {
	if _, err := CreateFile(filepath.Join(t.TempDir(), "s.xml")); err == nil {
		t.Error("an unknown extension is no error")
	}
	path := filepath.Join(t.TempDir(), "s.parquet")
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Abort(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) > 0 {
		t.Errorf("an aborted file leaves %v, %v", entries, err)
	}
}
