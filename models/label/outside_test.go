package label

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestOutsideReader compares the rows that DuckDB reads from Parquet with those of our JSON Lines.
func TestOutsideReader(t *testing.T) {
	modules := os.Getenv("PADAPTER_NODE_MODULES")
	if _, err := os.Stat(filepath.Join(modules, "@duckdb", "node-api")); modules == "" || err != nil {
		t.Skip("PADAPTER_NODE_MODULES does not name a node_modules folder with @duckdb/node-api")
	}
	dir := t.TempDir()
	table, text := filepath.Join(dir, "a", "rows.parquet"), filepath.Join(dir, "b", "rows.jsonl")
	for _, path := range []string{table, text} {
		if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		writeRows(t, path, sampleRows())
	}
	theirs, err := exec.Command("node", filepath.Join("testdata", "outside.mjs"), modules, table).Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	ours, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	got, want := jsonRows(t, string(theirs)), jsonRows(t, string(ours))
	if len(want) != len(sampleRows()) || !reflect.DeepEqual(got, want) {
		t.Errorf("they read\n%v\nwe wrote\n%v", got, want)
	}
}

// jsonRows parses JSON Lines; numbers are rounded to what a float32 holds, since they print that with more digits.
func jsonRows(t *testing.T, lines string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	for line := range strings.Lines(lines) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		for name, value := range row {
			row[name] = asFloat32(value)
		}
		rows = append(rows, row)
	}
	return rows
}

func asFloat32(value any) any {
	switch v := value.(type) {
	case float64:
		return float32(v)
	case []any:
		for i := range v {
			v[i] = asFloat32(v[i])
		}
	}
	return value
}
