package manifest

import (
	"fmt"
	"slices"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/manifests"
	"padapter/manifests/change"
)

// Output is where a manifest that is made from others goes.
type Output struct {
	Path string // .parquet, .csv or .jsonl
	Tool string // recorded as the program that wrote it
}

// Filter keeps the records of a manifest that match. It reads and writes part by part, in memory that does not grow with
// the manifest.
func Filter(path string, match change.Match, out Output) (*ChangeReport, error) {
	if err := CheckName(out.Path); err != nil {
		return nil, err
	}
	boundMemory(path)
	in, err := manifests.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	head := in.Head()
	r := &ChangeReport{Out: out.Path, Classes: len(head.Classes), Splits: map[string]int{}}
	parts, err := change.Filter(head, counted(in.Parts(), func(part []manifests.Record) { r.Of += len(part) }), match)
	if err != nil {
		return nil, jobs.UsageError{Err: err}
	}
	head.Tool = out.Tool
	if err := manifests.WriteParts(out.Path, head, counted(parts, r.count)); err != nil {
		return nil, err
	}
	return r, nil
}

// Split gives the records of a manifest new splits.
func Split(path string, opt change.SplitOptions, out Output) (*ChangeReport, error) {
	return one(path, out, func(m *manifests.Manifest) (*manifests.Manifest, error) {
		for _, name := range opt.Of {
			if have := inputs.SplitsOf(m); !slices.Contains(have, name) {
				return nil, fmt.Errorf("--of %q: the manifest's splits are %s", name, inputs.Quoted(have))
			}
		}
		return change.Split(m, opt)
	})
}

// Sample keeps some records of a manifest at random.
func Sample(path string, opt change.SampleOptions, out Output) (*ChangeReport, error) {
	return one(path, out, func(m *manifests.Manifest) (*manifests.Manifest, error) { return change.Sample(m, opt) })
}

// one changes a whole manifest. An error of the change is one of its options.
func one(path string, out Output, make func(*manifests.Manifest) (*manifests.Manifest, error)) (*ChangeReport, error) {
	if err := CheckName(out.Path); err != nil {
		return nil, err
	}
	m, err := Load(path)
	if err != nil {
		return nil, err
	}
	changed, err := make(m)
	if err != nil {
		return nil, jobs.UsageError{Err: err}
	}
	return out.write(changed, len(m.Records))
}

// Merge makes one manifest of several.
func Merge(paths []string, opt change.MergeOptions, out Output) (*ChangeReport, error) {
	if err := CheckName(out.Path); err != nil {
		return nil, err
	}
	boundMemory(paths...)
	var all []*manifests.Manifest
	of := 0
	for _, path := range paths {
		m, err := manifests.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		of += len(m.Records)
	}
	m, err := change.Merge(all, opt)
	if err != nil {
		return nil, fmt.Errorf("%w (manifests are numbered as they were given)", err)
	}
	return out.write(m, of)
}

// ChangeReport says what was written.
type ChangeReport struct {
	Out     string         `json:"out"`
	Records int            `json:"records"`
	Of      int            `json:"of"` // records read
	Classes int            `json:"classes"`
	Splits  map[string]int `json:"splits"`
}

// write writes m, which was made from of records.
func (o Output) write(m *manifests.Manifest, of int) (*ChangeReport, error) {
	m.Tool = o.Tool
	if err := m.WriteFile(o.Path); err != nil {
		return nil, err
	}
	r := &ChangeReport{Out: o.Path, Of: of, Classes: len(m.Classes), Splits: map[string]int{}}
	r.count(m.Records)
	return r, nil
}

func (r *ChangeReport) count(records []manifests.Record) {
	r.Records += len(records)
	for i := range records {
		r.Splits[records[i].Split]++
	}
}

// counted shows every part to count before it goes on.
func counted(parts manifests.Parts, count func(part []manifests.Record)) manifests.Parts {
	return func(yield func([]manifests.Record, error) bool) {
		for part, err := range parts {
			if err == nil {
				count(part)
			}
			if !yield(part, err) {
				return
			}
		}
	}
}

// Text is the report for people.
func (r *ChangeReport) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d of %d records, %d classes\n", r.Out, r.Records, r.Of, r.Classes)
	for _, split := range sortedKeys(r.Splits) {
		if name := split; name != "" {
			fmt.Fprintf(&out, "  split %s: %d\n", name, r.Splits[split])
		} else if len(r.Splits) > 1 {
			fmt.Fprintf(&out, "  no split: %d\n", r.Splits[split])
		}
	}
	return out.String()
}
