package manifests

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

// TestOutsideReader compares what DuckDB reads of a Parquet manifest with what was written. It needs node, and
// PADAPTER_NODE_MODULES to name a node_modules folder that holds DuckDB (npm install @duckdb/node-api).
func TestOutsideReader(t *testing.T) {
	modules := os.Getenv("PADAPTER_NODE_MODULES")
	if _, err := os.Stat(filepath.Join(modules, "@duckdb", "node-api")); modules == "" || err != nil {
		t.Skip("PADAPTER_NODE_MODULES does not name a node_modules folder with @duckdb/node-api")
	}
	path := filepath.Join(t.TempDir(), "m.parquet")
	m := sample()
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", filepath.Join("testdata", "outside.mjs"), modules, path).Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != 2+len(m.Records) {
		t.Fatalf("they print %d lines, want columns, header and %d rows:\n%s", len(lines), len(m.Records), out)
	}

	types := map[string]string{"utf8": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "float64": "DOUBLE"}
	var theirs, want [][]string
	unmarshal(t, lines[0], &theirs)
	for _, f := range parquetSchema().Fields() {
		want = append(want, []string{f.Name, types[f.Type.Name()]})
	}
	if !reflect.DeepEqual(theirs, want) {
		t.Errorf("they see the columns %v, want %v", theirs, want)
	}

	var head string
	unmarshal(t, lines[1], &head)
	var h header
	unmarshal(t, []byte(head), &h)
	if !reflect.DeepEqual(h, headerOf(m)) {
		t.Errorf("they see the header %s", head)
	}

	for i := range m.Records {
		var got map[string]any
		unmarshal(t, lines[2+i], &got)
		if want := row(t, &m.Records[i]); !reflect.DeepEqual(got, want) {
			t.Errorf("row %d: they read %v, want %v", i, got, want)
		}
	}
}

// row is what a record looks like as JSON with a null for each empty column.
func row(t *testing.T, r *Record) map[string]any {
	t.Helper()
	row := map[string]any{}
	for _, c := range columns {
		switch field := c.field(r).(type) {
		case *string, *fields:
			if s := text(field); s != "" {
				row[c.name] = s
				continue
			}
			row[c.name] = nil
		default:
			var v any
			if s := text(field); s != "" {
				unmarshal(t, []byte(s), &v)
			}
			row[c.name] = v
		}
	}
	return row
}

func unmarshal(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
