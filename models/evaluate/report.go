package evaluate

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"padapter/manifests/storage"
	"padapter/models/metrics"
)

// logOf is the natural logarithm, bounded so that a probability of 0 gives a finite logit.
func logOf(p float64) float64 { return math.Log(math.Max(p, 1e-30)) }

// Report holds the results of an evaluation. Videos = Evaluated + Unreadable + Unlabelled. Evaluated is the denominator
// of every rate.
type Report struct {
	Videos      int64           `json:"videos"`
	Evaluated   int64           `json:"evaluated"`
	Unreadable  int64           `json:"unreadable"`
	Unlabelled  int64           `json:"unlabelled"`
	PartlyRead  int64           `json:"partly_read"` // evaluated on fewer views than the data holds
	Views       int64           `json:"views"`       // clips that went through the network
	Average     string          `json:"average"`     // how views were averaged
	Metrics     metrics.Summary `json:"metrics"`
	Calibration float64         `json:"calibration_error"` // expected calibration error at Temperature, 15 bins
	Temperature float64         `json:"temperature"`       // temperature used for Calibration
	Classes     []string        `json:"classes"`
	Engine      string          `json:"engine,omitempty"`    // what computed
	Precision   string          `json:"precision,omitempty"` // of matrix products
	Failures    []Failure       `json:"failures,omitempty"`  // the first of the unreadable videos

	Against   string             `json:"against,omitempty"`   // precision that Precision is compared with
	Agreement *metrics.Agreement `json:"agreement,omitempty"` // of Precision with Against
}

// Failure names one unreadable video.
type Failure struct {
	ID     string `json:"id"`
	URI    string `json:"uri"`
	Reason string `json:"reason"`
}

// maxFailures limits the list of failures; the count is exact.
const maxFailures = 100

// Denominator describes in words which videos the rates cover.
func (r *Report) Denominator() string {
	text := fmt.Sprintf("rates are over %d of %d videos", r.Evaluated, r.Videos)
	var left []string
	if r.Unreadable > 0 {
		left = append(left, fmt.Sprintf("%d unreadable", r.Unreadable))
	}
	if r.Unlabelled > 0 {
		left = append(left, fmt.Sprintf("%d without a label", r.Unlabelled))
	}
	if len(left) > 0 {
		text += "; left out: " + strings.Join(left, ", ")
	}
	return text
}

// Percent converts a rate to percent, for templates.
func (r *Report) Percent(rate float64) float64 { return 100 * rate }

// Table formats the report as a text table that ends in a newline.
func (r *Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "top-1 %6.2f %%\ntop-5 %6.2f %%\nmean class %6.2f %%\nloss %.4f\ncalibration error %.4f at temperature %.3g\n",
		100*r.Metrics.Top1, 100*r.Metrics.Top5, 100*r.Metrics.MeanClass, r.Metrics.Loss, r.Calibration, r.Temperature)
	fmt.Fprintln(&b, r.Denominator())
	if r.Precision != "" {
		fmt.Fprintf(&b, "computed by %s in %s\n", r.Engine, r.Precision)
	}
	if r.Agreement != nil {
		fmt.Fprintf(&b, "%s against %s: %v\n", r.Precision, r.Against, r.Agreement)
	}
	b.WriteByte('\n')
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "class\tvideos\ttop-1\ttop-5\tmost often taken for")
	for _, rate := range r.Metrics.PerClass {
		if rate.Clips == 0 {
			continue
		}
		mistake, times := -1, int64(0)
		for predicted, n := range r.Metrics.Confusion[rate.Class] {
			if predicted != rate.Class && n > times {
				mistake, times = predicted, n
			}
		}
		confused := ""
		if mistake >= 0 {
			confused = fmt.Sprintf("%s (%d)", r.className(mistake), times)
		}
		fmt.Fprintf(w, "%s\t%d\t%.1f %%\t%.1f %%\t%s\n", r.className(rate.Class), rate.Clips, 100*rate.Top1, 100*rate.Top5, confused)
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

func (r *Report) className(class int) string {
	if class < len(r.Classes) {
		return r.Classes[class]
	}
	return fmt.Sprintf("class %d", class)
}

// WriteJSON writes the report to a file.
func (r *Report) WriteJSON(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report %s: %w", path, err)
	}
	return storage.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}
