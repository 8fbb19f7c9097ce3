package manifests

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// collect reads a manifest part by part.
func collect(t *testing.T, path string) (*Manifest, int, error) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	m, parts := *r.Head(), 0
	for part, err := range r.Parts() {
		if err != nil {
			return &m, parts, err
		}
		parts++
		m.Records = append(m.Records, part...)
		clear(part) // a part is the receiver's
	}
	return &m, parts, nil
}

func TestReaderGivesWhatReadFileGives(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	m := large(parquetRows + 17)
	for name, sizes := range map[string][2]int{ // records, parts
		"large.parquet": {parquetRows + 17, 9}, "large.csv": {partRows + 5, 2}, "large.jsonl": {partRows, 1},
		"none.parquet": {0, 0}, "none.csv": {0, 0}, "none.jsonl": {0, 0},
	} {
		n, path := sizes[0], filepath.Join(dir, name)
		part := *m
		part.Records = m.Records[:n]
		if err := part.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		want, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, parts, err := collect(t, path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: part by part it is another manifest: %d records, %d in the whole", name, len(got.Records), len(want.Records))
		}
		if parts != sizes[1] {
			t.Errorf("%s: %d parts, want %d", name, parts, sizes[1])
		}
	}
}

func TestPartsOfAnySizeGiveTheSameFile(t *testing.T) {
	dir := t.TempDir()
	m := large(parquetRows + 4711)
	whole := filepath.Join(dir, "whole.parquet")
	if err := m.WriteFile(whole); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, most := range []int{1000, 2 * parquetRows} {
		path := filepath.Join(dir, fmt.Sprintf("%d.parquet", most))
		err := WriteParts(path, m, func(yield func([]Record, error) bool) {
			for rest := m.Records; len(rest) > 0; {
				n := min(1+rng.IntN(most), len(rest))
				part := append([]Record(nil), rest[:n]...)
				if rest = rest[n:]; !yield(part, nil) {
					return
				}
				clear(part)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("parts of up to %d records: another file (%v)", most, err)
		}
	}
	broken := errors.New("no more")
	path := filepath.Join(dir, "broken.parquet")
	err = WriteParts(path, m, func(yield func([]Record, error) bool) { _ = yield(m.Records[:9], nil) && yield(nil, broken) })
	if err != broken {
		t.Errorf("parts ended with %v, WriteParts with %v", broken, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("parts that broke off gave a file: %v", err)
	}
}

func TestReaderTellsMistakesAtTheEnd(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	m := large(parquetRows + 100)
	m.Records[parquetRows+50].ID = m.Records[7].ID
	m.Records[3].Kind = "sound"
	path := filepath.Join(dir, "wrong.parquet")
	if err := WriteParts(path, m, whole(m.Records)); err != nil {
		t.Fatal(err)
	}
	got, _, err := collect(t, path)
	_, wholly := ReadFile(path)
	if err == nil || wholly == nil || err.Error() != wholly.Error() || len(got.Records) != len(m.Records) {
		t.Errorf("part by part: %v\nas a whole: %v", err, wholly)
	}
	for _, want := range []string{"row 3:", `"sound"`, fmt.Sprintf("row %d: id", parquetRows+50), "already in row 7"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v names no %q", err, want)
		}
	}
}

func TestReaderOfDamagedFiles(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "m.parquet")
	if err := large(parquetRows + 1).WriteFile(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 2; i < len(data)/2+1000; i++ {
		data[i] ^= 0x5a
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := collect(t, path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("damaged in its middle: %v", err)
	}
	for _, name := range []string{"none.parquet", "m.xlsx"} {
		if _, err := Open(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	if err := os.WriteFile(path, []byte("nothing of this kind"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("a file that is no Parquet was opened")
	}
}

func TestReaderIsClosedEarly(t *testing.T) {
	defer goleak.VerifyNone(t)
	path := filepath.Join(t.TempDir(), "m.parquet")
	if err := large(parquetRows + 1).WriteFile(path); err != nil {
		t.Fatal(err)
	}
	for read := range 3 {
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for range r.Parts() {
			if read--; read <= 0 {
				break
			}
		}
		r.Close()
		r.Close()
	}
}

func TestClassesThatOnlyRecordsTell(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := os.WriteFile(path, []byte("id,uri,label,label_name\na,a.avi,1,jump\nb,b.avi,0,run\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, _, err := collect(t, path)
	want, wholly := ReadFile(path)
	if err != nil || wholly != nil || !reflect.DeepEqual(got, want) || len(got.Classes) != 2 {
		t.Errorf("%+v (%v), want %+v (%v)", got, err, want, wholly)
	}
}
