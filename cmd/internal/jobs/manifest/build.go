package manifest

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/ingest"
	"padapter/manifests"
)

// buildGarbagePercent is the collector's goal while a manifest is built: a million records are half a gigabyte, which the
// heap must not double.
const buildGarbagePercent = 50

// Form reads one kind of dataset.
type Form func(ctx context.Context) (*ingest.Result, error)

// Build runs a form and writes its manifest to out.
func Build(ctx context.Context, form Form, out string) (*BuildReport, error) {
	if err := CheckName(out); err != nil {
		return nil, err
	}
	boundMemory()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(buildGarbagePercent)
	}
	res, err := form(ctx)
	if err != nil {
		return nil, err
	}
	if err := res.Manifest.WriteFile(out); err != nil {
		return nil, err
	}
	return newBuildReport(res, out), nil
}

// CheckName rejects names that no manifest can have.
func CheckName(out string) error {
	if !manifests.IsManifest(out) {
		return jobs.Usagef("--out %s: the name must end in .parquet, .csv or .jsonl", out)
	}
	return nil
}

// BuildReport says what became of a dataset's items.
type BuildReport struct {
	Out      string           `json:"out"`
	Records  int              `json:"records"`
	Found    int              `json:"found"`
	Missing  int              `json:"missing"`
	Rejected int              `json:"rejected"`
	Classes  int              `json:"classes"`
	Splits   map[string]int   `json:"splits"`
	Problems []string         `json:"problems"` // the first records that are missing or rejected
	Skipped  []ingest.Skipped `json:"skipped"`  // files that are no records
	Official []ingest.Count   `json:"official"` // beside the publishers' numbers
}

// mostProblems bounds what a report lists; the manifest has all of them.
const mostProblems = 10

func newBuildReport(res *ingest.Result, out string) *BuildReport {
	m := res.Manifest
	counts := m.Counts()
	r := &BuildReport{
		Out: out, Records: len(m.Records), Classes: len(m.Classes), Splits: map[string]int{}, Skipped: res.Skipped, Official: ingest.CompareOfficial(m),
		Found: counts[manifests.Found], Missing: counts[manifests.Missing], Rejected: counts[manifests.Rejected],
	}
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Split != "" {
			r.Splits[rec.Split]++
		}
		if rec.Status != manifests.Found && len(r.Problems) < mostProblems {
			r.Problems = append(r.Problems, fmt.Sprintf("%s %s: %s", rec.Status, rec.ID, rec.Reason))
		}
	}
	return r
}

// Failed is a jobs.RecordsError when there are records without a usable file, and nil otherwise.
func (r *BuildReport) Failed() error {
	return jobs.RecordsFailed(r.Missing+r.Rejected, r.Records, r.Out)
}

// Text is the report for people.
func (r *BuildReport) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d records, %d classes: %d found, %d missing, %d rejected\n", r.Out, r.Records, r.Classes, r.Found, r.Missing, r.Rejected)
	for _, split := range sortedKeys(r.Splits) {
		fmt.Fprintf(&out, "  split %s: %d\n", split, r.Splits[split])
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&out, "  %s\n", p)
	}
	if more := r.Missing + r.Rejected - len(r.Problems); more > 0 {
		fmt.Fprintf(&out, "  and %d more, see the status column\n", more)
	}
	for i, s := range r.Skipped {
		if i == mostProblems {
			fmt.Fprintf(&out, "  and %d more files that are no records\n", len(r.Skipped)-i)
			break
		}
		fmt.Fprintf(&out, "  no record: %s: %s\n", s.Path, s.Reason)
	}
	agree := 0
	for _, c := range r.Official {
		if c.Got == c.Official {
			agree++
		} else {
			fmt.Fprintf(&out, "  note: %s: %d here, %d officially\n", c.What, c.Got, c.Official)
		}
	}
	if agree > 0 {
		fmt.Fprintf(&out, "  %d of %d counts are the official ones\n", agree, len(r.Official))
	}
	return out.String()
}
