package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"padapter/manifests/wholefile"
	"padapter/models/metrics"
)

// Run is one finished training run with its test result.
type Run struct {
	Tuning    string  `json:"tuning"`    // what the row is called
	Engine    string  `json:"engine"`    // what computed
	Precision string  `json:"precision"` // of matrix products
	Seed      uint64  `json:"seed"`
	Rate      float64 `json:"base_lr"`
	Trained   int64   `json:"trained_parameters"`
	Total     int64   `json:"total_parameters"`
	Clips     int64   `json:"clips"`           // the denominator of the accuracies
	Top1      float64 `json:"top1"`            // in 0…1
	Top5      float64 `json:"top5"`            // in 0…1
	Mean      float64 `json:"mean_class"`      // in 0…1
	Seconds   float64 `json:"seconds"`         // of training steps, measured, without Compile
	Compile   float64 `json:"compile_seconds"` // of the engine for the training step, measured
	Memory    int64   `json:"memory_bytes"`    // largest resident set while training, measured; 0 where it is not known
}

// Row is one tuning over its seeds.
type Row struct {
	Tuning  string  `json:"tuning"`
	Runs    int     `json:"runs"`
	Rate    float64 `json:"base_lr"` // of the first run
	Trained int64   `json:"trained_parameters"`
	Share   float64 `json:"share"` // of the network's parameters, in 0…1
	Top1    Spread  `json:"top1"`
	Top5    Spread  `json:"top5"`
	Mean    Spread  `json:"mean_class"`
	Seconds Spread  `json:"seconds"`
	Compile Spread  `json:"compile_seconds"`
	Memory  int64   `json:"memory_bytes"` // largest of the runs
}

// Spread is a mean with its standard deviation.
type Spread = metrics.Spread

// Table is a comparison.
type Table struct {
	Title string `json:"title"` // one line: data, backbone, what top-1 is of
	Rows  []Row  `json:"rows"`
	Runs  []Run  `json:"all_runs"`

	Trials []Trial `json:"trials,omitempty"` // how the rows' rates were chosen
}

// Trial is one training run that tried a rate, judged on validation clips.
type Trial struct {
	Tuning  string  `json:"tuning"`
	Rate    float64 `json:"base_lr"`
	Seed    uint64  `json:"seed"`
	ValTop1 float64 `json:"val_top1"`         // of the best epoch, in 0…1
	ValLoss float64 `json:"val_loss"`         // of that epoch
	Failed  string  `json:"failed,omitempty"` // why there is no result
	Chosen  bool    `json:"chosen"`
}

// Better reports whether t did better than other: more validation clips right, or as many at a lower loss.
func (t Trial) Better(other Trial) bool {
	if t.ValTop1 != other.ValTop1 {
		return t.ValTop1 > other.ValTop1
	}
	return t.ValLoss < other.ValLoss
}

// New groups runs by tuning; rows come in the order in which tunings first appear.
func New(title string, runs []Run) *Table {
	t := &Table{Title: title, Runs: runs}
	byTuning := map[string][]Run{}
	var order []string
	for _, r := range runs {
		if byTuning[r.Tuning] == nil {
			order = append(order, r.Tuning)
		}
		byTuning[r.Tuning] = append(byTuning[r.Tuning], r)
	}
	for _, name := range order {
		group := byTuning[name]
		of := func(value func(Run) float64) Spread {
			values := make([]float64, len(group))
			for i, r := range group {
				values[i] = value(r)
			}
			return metrics.SpreadOf(values)
		}
		row := Row{
			Tuning: name, Runs: len(group), Rate: group[0].Rate, Trained: group[0].Trained,
			Share: float64(group[0].Trained) / float64(max(group[0].Total, 1)),
			Top1:  of(func(r Run) float64 { return r.Top1 }), Top5: of(func(r Run) float64 { return r.Top5 }),
			Mean: of(func(r Run) float64 { return r.Mean }), Seconds: of(func(r Run) float64 { return r.Seconds }),
			Compile: of(func(r Run) float64 { return r.Compile }),
		}
		for _, r := range group {
			row.Memory = max(row.Memory, r.Memory)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

var header = []string{"tuning", "trained", "share %", "base rate", "runs", "top-1 %", "top-5 %", "mean class %", "seconds", "compile s", "peak MiB"}

// cells renders one row.
func (r Row) cells() []string {
	percent := func(s Spread) string {
		text := fmt.Sprintf("%.2f", 100*s.Mean)
		if r.Runs > 1 {
			text += fmt.Sprintf(" ± %.2f", 100*s.Deviation)
		}
		return text
	}
	memory := "–"
	if r.Memory > 0 {
		memory = fmt.Sprint(r.Memory >> 20)
	}
	return []string{
		r.Tuning, fmt.Sprint(r.Trained), fmt.Sprintf("%.2f", 100*r.Share), fmt.Sprintf("%g", r.Rate), fmt.Sprint(r.Runs),
		percent(r.Top1), percent(r.Top5), percent(r.Mean), fmt.Sprintf("%.1f", r.Seconds.Mean), fmt.Sprintf("%.1f", r.Compile.Mean), memory,
	}
}

// Text renders the table for a terminal.
func (t *Table) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, t.Title)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	for _, r := range t.Rows {
		fmt.Fprintln(w, strings.Join(r.cells(), "\t"))
	}
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

// Markdown renders the table for documents.
func (t *Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n| %s |\n|%s\n", t.Title, strings.Join(header, " | "), strings.Repeat(" --- |", len(header)))
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r.cells(), " | "))
	}
	return b.String()
}

// WriteJSON writes rows and runs to a file.
func (t *Table) WriteJSON(path string) error {
	data, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("write comparison %s: %w", path, err)
	}
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}
