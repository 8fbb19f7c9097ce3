package pages

import "testing"

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		name  string
		data  []byte
		width int
		n     int64
		want  bool
	}{
		{"none", nil, 1, 0, true},
		{"nothing for some", nil, 1, 1, false},
		{"a run of five", []byte{5 << 1, 1}, 1, 5, true},
		{"one too few", []byte{5 << 1, 1}, 1, 6, false},
		{"a run without its value", []byte{5 << 1}, 1, 5, false},
		{"an empty run", []byte{0, 1, 0, 1}, 1, 1, false},
		{"a group of eight", []byte{1<<1 | 1, 0xff}, 1, 8, true},
		{"nine of a group of eight", []byte{1<<1 | 1, 0xff}, 1, 9, false},
		{"wide values", []byte{1<<1 | 1, 1, 2, 3}, 3, 8, true},
		{"padding cut off", []byte{2<<1 | 1, 0xff}, 1, 8, true},
		{"a run, then a group", []byte{3 << 1, 1, 1<<1 | 1, 0x0f}, 1, 11, true},
		{"a length that never ends", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1, 1, false},
	} {
		if got := holds(c.data, c.width, c.n); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
