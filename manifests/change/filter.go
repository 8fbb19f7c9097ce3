package change

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"padapter/manifests"
)

// Match selects records. A record matches if it matches every field that is set, by any of the field's values. The zero
// Match selects all records.
type Match struct {
	Splits   []string           // "" means records without a split
	Labels   []string           // class names or numbers; "" means records without a label
	Kinds    []manifests.Kind   //
	Statuses []manifests.Status //
	Datasets []string           //
	Codecs   []string           // FFmpeg's names
	IDs      []string           // patterns with '*' (any characters, including slashes) and '?' (one character)
	URIs     []string           // patterns as for IDs
	Facts    map[string]Range   // by column: frames, fps, duration (seconds), width, height, bytes; unprobed records never match
	Invert   bool               // select the records that do not match
	classes  map[int32]bool     // Labels as numbers
	ids      [][]rune           // IDs
	uris     [][]rune           // URIs
}

// Range is the closed interval [Min, Max].
type Range struct{ Min, Max float64 }

// ParseRange parses "16:64", "16:" (at least), ":64" (at most) or "16" (exactly).
func ParseRange(text string) (Range, error) {
	low, high, both := strings.Cut(text, ":")
	r := Range{Min: math.Inf(-1), Max: math.Inf(1)}
	var errs [2]error
	if low != "" {
		r.Min, errs[0] = strconv.ParseFloat(low, 64)
	}
	switch {
	case both && high != "":
		r.Max, errs[1] = strconv.ParseFloat(high, 64)
	case !both:
		r.Max = r.Min
	}
	if errors.Join(errs[:]...) != nil || low == "" && high == "" || !(r.Min <= r.Max) {
		return r, fmt.Errorf("range %q: use MIN:MAX, MIN:, :MAX or one number", text)
	}
	return r, nil
}

// facts holds the columns that Match.Facts can name.
var facts = map[string]func(f *manifests.Facts) float64{
	"frames":   func(f *manifests.Facts) float64 { return float64(f.Frames) },
	"fps":      func(f *manifests.Facts) float64 { return f.FPS },
	"duration": func(f *manifests.Facts) float64 { return f.DurationSeconds },
	"width":    func(f *manifests.Facts) float64 { return float64(f.Width) },
	"height":   func(f *manifests.Facts) float64 { return float64(f.Height) },
	"bytes":    func(f *manifests.Facts) float64 { return float64(f.Bytes) },
}

// FactNames returns the columns that Match.Facts can name, sorted.
func FactNames() []string {
	names := make([]string, 0, len(facts))
	for name := range facts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Filter returns the matching records, in order, of a manifest that arrives in parts. The classes stay unchanged, so
// labels keep their meaning. It returns an error if match names a class, kind, status or column that does not exist.
// Records are moved within their part.
func Filter(head *manifests.Manifest, parts manifests.Parts, match Match) (manifests.Parts, error) {
	if err := match.prepare(head); err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return func(yield func([]manifests.Record, error) bool) {
		for part, err := range parts {
			if err != nil {
				yield(nil, err)
				return
			}
			kept := part[:0]
			for i := range part {
				if match.passes(&part[i]) != match.Invert {
					kept = append(kept, part[i])
				}
			}
			if len(kept) > 0 && !yield(kept, nil) {
				return
			}
		}
	}, nil
}

func (x *Match) prepare(m *manifests.Manifest) error {
	for _, k := range x.Kinds {
		if k != manifests.Video && k != manifests.Image {
			return fmt.Errorf("kind %q: use %q or %q", k, manifests.Video, manifests.Image)
		}
	}
	for _, s := range x.Statuses {
		if s != manifests.Found && s != manifests.Missing && s != manifests.Rejected {
			return fmt.Errorf("status %q: use %q, %q or %q", s, manifests.Found, manifests.Missing, manifests.Rejected)
		}
	}
	for name := range x.Facts {
		if facts[name] == nil {
			return fmt.Errorf("fact %q: use one of %s", name, strings.Join(FactNames(), ", "))
		}
	}
	x.classes = make(map[int32]bool, len(x.Labels))
	for _, label := range x.Labels {
		number, err := classOf(m, label)
		if err != nil {
			return err
		}
		x.classes[number] = true
	}
	x.ids, x.uris = runes(x.IDs), runes(x.URIs)
	return nil
}

// classOf looks a class up by its name or, failing that, by its number.
func classOf(m *manifests.Manifest, label string) (int32, error) {
	if label == "" {
		return manifests.NoLabel, nil
	}
	if i := slices.Index(m.Classes, label); i >= 0 {
		return int32(i), nil
	}
	n, err := strconv.ParseInt(label, 10, 32)
	if err != nil || n < 0 || len(m.Classes) > 0 && int(n) >= len(m.Classes) {
		return 0, fmt.Errorf("label %q is neither the name nor the number of one of the %d classes", label, len(m.Classes))
	}
	return int32(n), nil
}

func runes(patterns []string) [][]rune {
	out := make([][]rune, len(patterns))
	for i, p := range patterns {
		out[i] = []rune(p)
	}
	return out
}

func (x *Match) passes(r *manifests.Record) bool {
	switch {
	case len(x.Splits) > 0 && !slices.Contains(x.Splits, r.Split),
		len(x.Labels) > 0 && !x.classes[r.Label],
		len(x.Kinds) > 0 && !slices.Contains(x.Kinds, r.Kind),
		len(x.Statuses) > 0 && !slices.Contains(x.Statuses, r.Status),
		len(x.Datasets) > 0 && !slices.Contains(x.Datasets, r.Dataset),
		len(x.Codecs) > 0 && !slices.Contains(x.Codecs, r.Facts.Codec),
		len(x.ids) > 0 && !anyMatches(x.ids, r.ID),
		len(x.uris) > 0 && !anyMatches(x.uris, r.URI):
		return false
	}
	for name, want := range x.Facts {
		if v := facts[name](&r.Facts); v == 0 || v < want.Min || v > want.Max {
			return false
		}
	}
	return true
}

func anyMatches(patterns [][]rune, s string) bool {
	text := []rune(s)
	for _, p := range patterns {
		if matches(p, text) {
			return true
		}
	}
	return false
}
