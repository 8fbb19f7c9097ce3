package manifests

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The table finds what a map finds, through every growth.
func TestIDTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var ids []string
	table, first := newIDTable(0, func(row int) string { return ids[row] }), map[string]int{}
	for row := range 50_000 {
		id := fmt.Sprint(rng.IntN(40_000))
		want, known := first[id]
		if !known {
			first[id] = row
		}
		ids = append(ids, id)
		got, twice := table.add(id)
		if twice != known || twice && got != want {
			t.Fatalf("row %d, id %s: %d %t, want %d %t", row, id, got, twice, want, known)
		}
	}
	if table.used != len(first) {
		t.Errorf("%d slots are used for %d ids", table.used, len(first))
	}
}
