package evaluate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"padapter/manifests/storage"
	"padapter/models/metrics"
)

// Mean holds the mean over evaluations of several splits of one data set, as HMDB-51 and UCF-101 are reported. All
// splits have the same weight.
type Mean struct {
	Splits    []SplitRates   `json:"splits"`
	Top1      metrics.Spread `json:"top1"`
	Top5      metrics.Spread `json:"top5"`
	MeanClass metrics.Spread `json:"mean_class"`
}

// SplitRates are the rates of one split.
type SplitRates struct {
	Report     string  `json:"report"` // path of the report
	Evaluated  int64   `json:"evaluated"`
	Unreadable int64   `json:"unreadable"`
	Top1       float64 `json:"top1"`
	Top5       float64 `json:"top5"`
	MeanClass  float64 `json:"mean_class"`
}

// readReport reads a file that Report.WriteJSON wrote.
func readReport(path string) (*Report, error) {
	text, err := storage.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read evaluation: %w", err)
	}
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read evaluation %s: %w", path, err)
	}
	if len(r.Classes) == 0 || r.Evaluated == 0 {
		return nil, fmt.Errorf("read evaluation %s: it has %d classes and %d evaluated videos: is it a report of 'padapter eval --out'?", path, len(r.Classes), r.Evaluated)
	}
	return r, nil
}

// MeanOf reads the reports of the splits and returns their mean. It returns an error if their classes differ.
func MeanOf(paths []string) (*Mean, error) {
	m := new(Mean)
	var classes []string
	var top1, top5, mean []float64
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			return nil, fmt.Errorf("mean of evaluations: %s is named twice", path)
		}
		r, err := readReport(path)
		if err != nil {
			return nil, err
		}
		if i > 0 && !slices.Equal(r.Classes, classes) {
			return nil, fmt.Errorf("mean of evaluations: %s is of other classes than %s", path, paths[0])
		}
		classes = r.Classes
		m.Splits = append(m.Splits, SplitRates{path, r.Evaluated, r.Unreadable, r.Metrics.Top1, r.Metrics.Top5, r.Metrics.MeanClass})
		top1, top5, mean = append(top1, r.Metrics.Top1), append(top5, r.Metrics.Top5), append(mean, r.Metrics.MeanClass)
	}
	m.Top1, m.Top5, m.MeanClass = metrics.SpreadOf(top1), metrics.SpreadOf(top5), metrics.SpreadOf(mean)
	return m, nil
}

// Table formats the mean as a text table that ends in a newline.
func (m *Mean) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "split\tvideos\tunreadable\ttop-1 %\ttop-5 %\tmean class %")
	for _, s := range m.Splits {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%.2f\t%.2f\n", s.Report, s.Evaluated, s.Unreadable, 100*s.Top1, 100*s.Top5, 100*s.MeanClass)
	}
	cell := func(s metrics.Spread) string { return fmt.Sprintf("%.2f ± %.2f", 100*s.Mean, 100*s.Deviation) }
	fmt.Fprintf(w, "mean of %d\t\t\t%s\t%s\t%s\n", len(m.Splits), cell(m.Top1), cell(m.Top5), cell(m.MeanClass))
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}
