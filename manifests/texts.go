package manifests

import (
	"slices"
	"strings"
)

// seldomRepeats reports whether most values of a column differ.
func seldomRepeats(name string) bool { return slices.Contains(distinct, name) }

// texts makes strings of a file's bytes without an allocation for each: texts that repeat are kept once, others lie
// behind one another in blocks.
type texts struct {
	shared map[string]string
	last   string // the text that repeated last
	block  *strings.Builder
}

const (
	textBlock  = 1 << 16 // bytes of a block
	mostShared = 1 << 16 // texts that are kept once; columns with more don't repeat much
)

func newTexts() *texts { return &texts{shared: map[string]string{}, block: new(strings.Builder)} }

// keep returns a copy of s, which may lie in memory that is used again.
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

// parse sets a field of a column from a cell of text, of which it keeps a copy.
func (t *texts) parse(field any, name, s string) error {
	if to, ok := field.(*string); ok {
		*to = t.keep(s, !seldomRepeats(name))
		return nil
	}
	return parse(field, s)
}
