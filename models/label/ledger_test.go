package label

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/manifests/wholefile"
)

func inputsOf(ids ...string) (list []Input) {
	for _, id := range ids {
		list = append(list, Input{ID: id, Content: ContentOf(id)})
	}
	return list
}

func openLedger(t *testing.T, dir string, settings map[string]string) *Ledger {
	t.Helper()
	l, err := OpenLedger(dir, Job{Version: "test", Settings: settings}, []Provenance{sampleProvenance(), sampleProvenance()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// rowFor is a row of each target.
func rowFor(id string, n int, reason string) []Scored {
	rows := make([]Scored, 2)
	for i := range rows {
		rows[i].Row = Row{ID: id, URI: "in/" + id, Error: reason}
		if reason == "" {
			rows[i].Row = sampleRows()[0]
			rows[i].Row.ID, rows[i].Row.URI, rows[i].Row.PartSeconds = id, "in/"+id, [2]float64{float64(n), float64(n + 1 + i)}
		}
	}
	return rows
}

func addPart(t *testing.T, l *Ledger, attempt int, inputs []Input, rows func(in Input) [][]Scored) {
	t.Helper()
	p, err := l.Create(inputs, attempt)
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range inputs {
		for _, r := range rows(in) {
			if err := p.Add(i, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Extra(i, in.ID+"!"); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(); err != nil {
		t.Fatal(err)
	}
}

func windowsOf(n int) func(Input) [][]Scored {
	return func(in Input) (rows [][]Scored) {
		for i := range n {
			rows = append(rows, rowFor(in.ID, i, ""))
		}
		return rows
	}
}

func readRows(t *testing.T, l *Ledger, target int, inputs []Input) (text []string) {
	t.Helper()
	r := l.Reader(target)
	defer r.Close()
	for _, in := range inputs {
		if err := r.Rows(in.Content, func(row Row) error {
			text = append(text, fmt.Sprintf("%s %g %g %s %v", row.ID, row.PartSeconds[0], row.PartSeconds[1], row.Error, row.Names))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

func TestLedgerGivesRowsBackInAnyOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, dir, nil)
	var all []Input
	for part := range 12 { // more than are open at a time
		ids := []string{fmt.Sprintf("%d-a", part), fmt.Sprintf("%d-b", part), fmt.Sprintf("%d-c", part)}
		all = append(all, inputsOf(ids...)...)
		addPart(t, l, 0, inputsOf(ids...), windowsOf(500)) // more rows than a batch
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, dir, nil)
	if l.Len() != len(all) {
		t.Fatalf("%d inputs, want %d", l.Len(), len(all))
	}
	slices.SortFunc(all, func(a, b Input) int { return strings.Compare(string(a.Content[:]), string(b.Content[:])) })
	for target := range 2 {
		got := readRows(t, l, target, all)
		if len(got) != 500*len(all) {
			t.Fatalf("%d rows", len(got))
		}
		for i, text := range got {
			want := fmt.Sprintf("%s %d %d  %v", all[i/500].ID, i%500, i%500+1+target, sampleRows()[0].Names)
			if text != want {
				t.Fatalf("row %d of target %d is %q, want %q", i, target, text, want)
			}
		}
	}
	r := l.Reader(1)
	defer r.Close()
	if extra, err := r.Extra(all[7].Content); err != nil || string(extra) != `"`+all[7].ID+`!"` {
		t.Errorf("extra %s, %v", extra, err)
	}
	if err := r.Rows(ContentOf("unknown"), nil); err == nil {
		t.Error("rows of an input that has none")
	}
}

func TestLedgerRefusesAnotherJob(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, dir, map[string]string{"top-k": "5", "clips": "x"})
	if _, err := OpenLedger(dir, Job{Settings: map[string]string{"top-k": "5", "clips": "x"}}, l.targets); !errors.Is(err, wholefile.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := RemoveLedger(dir); !errors.Is(err, wholefile.ErrLocked) {
		t.Errorf("removed while open: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := OpenLedger(dir, Job{Version: "later", Settings: map[string]string{"top-k": "1", "clips": "x", "window": "2"}}, l.targets)
	if !errors.Is(err, ErrOtherJob) || !strings.Contains(err.Error(), "top-k was 5 and is 1") || !strings.Contains(err.Error(), "window was nothing and is 2") {
		t.Errorf("got %v", err)
	}
	l, err = OpenLedger(dir, Job{Version: "later", Settings: map[string]string{"top-k": "5", "clips": "x"}}, l.targets)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.Job().Version != "test" || l.Target(0).Version != "test" {
		t.Errorf("a later program made its rows its own: %+v", l.Job())
	}
	if _, err := JoinLedger(dir, l.Job().Hash(), l.targets); err != nil {
		t.Error(err)
	}
	if _, err := JoinLedger(dir, Job{}.Hash(), l.targets); !errors.Is(err, ErrOtherJob) {
		t.Errorf("joined for another job: %v", err)
	}
}

func TestLaterAttemptCounts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, dir, nil)
	in := inputsOf("a", "b", "c")
	addPart(t, l, 0, in, func(in Input) [][]Scored {
		if in.ID == "b" {
			return [][]Scored{rowFor("b", 0, "timeout: planted")}
		}
		return [][]Scored{rowFor(in.ID, 0, "")}
	})
	if attempt, failed, ok := l.Done(in[1].Content); attempt != 0 || !failed || !ok {
		t.Errorf("b: attempt %d, failed %t, done %t", attempt, failed, ok)
	}
	if rows, failed, ok := l.Has(in, 0); rows != 3 || failed != 1 || !ok {
		t.Errorf("the part has %d rows, %d failed, %t", rows, failed, ok)
	}
	if _, _, ok := l.Has(in, 1); ok {
		t.Error("the part of an attempt that was not made is there")
	}
	addPart(t, l, 1, in[1:2], windowsOf(1))
	if attempt, failed, ok := l.Done(in[1].Content); attempt != 1 || failed || !ok {
		t.Errorf("b: attempt %d, failed %t, done %t", attempt, failed, ok)
	}
	if got := readRows(t, l, 0, in); len(got) != 3 || strings.Contains(got[1], "timeout") {
		t.Errorf("rows %q", got)
	}
	gone, err := l.Others(func(c Content) bool { return c == in[0].Content })
	if err != nil || len(gone) != 2 || gone[0].ID != "b" || gone[1].ID != "c" {
		t.Errorf("others %v, %v", gone, err)
	}
}

// A part that was damaged since is made anew when that shows at once, and otherwise named.
func TestDamagedParts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l := openLedger(t, dir, nil)
	in := inputsOf("a", "b")
	addPart(t, l, 0, in, windowsOf(3))
	path := l.partPath(partNameOf(in, 0))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(); err != nil || l.Len() != 0 {
		t.Errorf("half a part counts for %d inputs (%v)", l.Len(), err)
	}
	spoiled := slices.Clone(whole)
	at := strings.Index(string(whole), "ARROW1") + 300 // within the rows
	spoiled[at] ^= 0xff
	if err := os.WriteFile(path, spoiled, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(); err != nil {
		t.Fatal(err)
	}
	r := l.Reader(0)
	defer r.Close()
	if err := r.Rows(in[0].Content, func(Row) error { return nil }); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a spoiled part: %v", err)
	}
}

func TestPartNeedsARowForEveryInput(t *testing.T) {
	l := openLedger(t, filepath.Join(t.TempDir(), "ledger"), nil)
	p, err := l.Create(inputsOf("a", "b"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Add(0, rowFor("a", 0, "")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Commit(); err == nil {
		t.Error("a part without a row for b appeared")
	}
	if err := l.Refresh(); err != nil || l.Len() != 0 {
		t.Errorf("%d inputs, %v", l.Len(), err)
	}
}

func TestRemoveLedger(t *testing.T) {
	dir := t.TempDir()
	if err := RemoveLedger(filepath.Join(dir, "absent")); err != nil {
		t.Error(err)
	}
	other := filepath.Join(dir, "other")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := RemoveLedger(other); err == nil {
		t.Error("a folder that is no ledger was removed")
	}
	ledger := filepath.Join(dir, "ledger")
	l := openLedger(t, ledger, nil)
	addPart(t, l, 0, inputsOf("a"), windowsOf(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := RemoveLedger(ledger); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ledger); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}
