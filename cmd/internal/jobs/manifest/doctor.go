package manifest

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"padapter/ingest"
	"padapter/manifests"
	"padapter/manifests/check"
	"padapter/manifests/recipe"
)

// Findings are what is wrong or doubtful with a manifest.
type Findings struct {
	*check.Report
	path string
}

// Doctor checks a manifest: its labels, classes, splits and times, the numbers that the dataset's publishers give, and,
// where a recipe is named, whether its clips can be made. The empty recipe is none.
func Doctor(path, recipeName string) (*Findings, error) {
	var opt check.Options
	if recipeName != "" {
		r, err := recipe.Load(recipeName)
		if err != nil {
			return nil, err
		}
		opt.Clip = &r.Clip
	}
	boundMemory(path)
	m, err := manifests.ReadUnchecked(path)
	if err != nil {
		return nil, err
	}
	for _, c := range ingest.CompareOfficial(m) {
		opt.Official = append(opt.Official, check.Count(c))
	}
	return &Findings{check.Run(m, opt), path}, nil
}

// Err is an error when the manifest has any; warnings are none.
func (f *Findings) Err() error {
	if f.Errors == 0 {
		return nil
	}
	return fmt.Errorf("%s: %d errors, %d warnings", f.path, f.Errors, f.Warnings)
}

// Text is the findings for people.
func (f *Findings) Text() string {
	r := f.Report
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d records, %d there, %d probed: %d errors, %d warnings\n", f.path, r.Records, r.Found, r.Probed, r.Errors, r.Warnings)
	if len(r.Balance) > 0 {
		w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "\nSPLIT\tCLIPS\tCLASSES\tLEAST\tMEDIAN\tMOST")
		for _, b := range r.Balance {
			split := b.Split
			if split == "" {
				split = "-"
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%d (%s)\t%d\t%d (%s)\n", split, b.Found, b.Classes, b.Least, b.Smallest, b.Median, b.Most, b.Largest)
		}
		_ = w.Flush() // a strings.Builder takes everything
	}
	if len(r.Findings) == 0 {
		return out.String()
	}
	out.WriteString("\n")
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "SEVERITY\tCHECK\tCOUNT\tFINDING")
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", f.Severity, f.Check, f.Count, f.Message)
		for _, example := range f.Examples {
			fmt.Fprintf(w, "\t\t\t  %s\n", strings.ReplaceAll(example, "\t", " "))
		}
		if more := f.Count - len(f.Examples); more > 0 && len(f.Examples) > 0 {
			fmt.Fprintf(w, "\t\t\t  and %d more\n", more)
		}
	}
	_ = w.Flush()
	return out.String()
}
