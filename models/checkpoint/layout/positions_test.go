package layout

import (
	"slices"
	"strings"
	"testing"
)

// ramp is a table [front+T·H·W, 2] of (t, y+10·x) at every place, and 7 in front.
func ramp(g Grid, front int) []float32 {
	out := slices.Repeat([]float32{7}, 2*front)
	for t := range g.Times {
		for y := range g.Height {
			for x := range g.Width {
				out = append(out, float32(t), float32(y+10*x))
			}
		}
	}
	return out
}

func TestGridResize(t *testing.T) {
	from := Grid{3, 4, 6}
	table := ramp(from, 1)
	got, err := from.Resize(table, 1, 2, from)
	if err != nil || !slices.Equal(got, table) {
		t.Errorf("the same grid changed the table (%v)", err)
	}
	got, err = from.Resize(table, 1, 2, Grid{5, 4, 6}) // times 0, 0.5, 1, 1.5, 2
	if err != nil || len(got) != 2*(1+5*4*6) || got[0] != 7 || got[1] != 7 {
		t.Fatalf("%d values, in front %v (%v)", len(got), got[:2], err)
	}
	for i := range 5 * 4 * 6 {
		if want := 0.5 * float32(i/24); got[2+2*i] != want || got[3+2*i] != table[3+2*(i%24)] {
			t.Fatalf("row %d is %v, want %g and %g", i, got[2+2*i:4+2*i], want, table[3+2*(i%24)])
		}
	}
	// In space each time step is resized by itself, as a picture's positions are.
	got, err = from.Resize(table, 1, 2, Grid{3, 8, 12})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(table[:2])
	for i := range 3 {
		want = append(want, bicubic(table[2+i*48:2+(i+1)*48], 4, 6, 2, 8, 12)...)
	}
	if !slices.Equal(got, want) {
		t.Error("a larger picture: the steps are not resized each by itself")
	}
	if _, err := from.Resize(table, 0, 2, from); err == nil || !strings.Contains(err.Error(), "3×4×6") {
		t.Errorf("a table that does not match the grid: %v", err)
	}
}
