package manifests

import (
	"slices"
	"strings"
)

// seldomRepeats reports whether most values of a column are distinct.
func seldomRepeats(name string) bool { return slices.Contains(distinct, name) }

// texts converts bytes of a file to strings with few allocations: repeated texts are stored once, others are packed
// into blocks.
type texts struct {
	shared map[string]string
	last   string // the most recent repeated text
	block  *strings.Builder
}

const (
	textBlock  = 1 << 16 // size of a block in bytes
	mostShared = 1 << 16 // maximum number of repeated texts
)

func newTexts() *texts { return &texts{shared: map[string]string{}, block: new(strings.Builder)} }

// keep returns a copy of s, whose memory may be reused.
func (t *texts) keep(s string, repeats bool) string {
	if repeats {
		if s == t.last {
			return t.last
		}
		if one, ok := t.shared[s]; ok {
			t.last = one
			return one
		}
		if len(t.shared) < mostShared {
			s = strings.Clone(s)
			t.shared[s] = s
			return s
		}
	}
	if len(s) > textBlock/4 {
		return strings.Clone(s)
	}
	if t.block.Cap()-t.block.Len() < len(s) {
		t.block = new(strings.Builder)
		t.block.Grow(textBlock)
	}
	start := t.block.Len()
	t.block.WriteString(s)
	return t.block.String()[start:]
}

// parse sets a field from the text of a cell and keeps a copy of it.
func (t *texts) parse(field any, name, s string) error {
	if to, ok := field.(*string); ok {
		*to = t.keep(s, !seldomRepeats(name))
		return nil
	}
	return parse(field, s)
}
