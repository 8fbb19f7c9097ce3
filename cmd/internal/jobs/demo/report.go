package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"padapter/cmd/internal/actions/dataset"
	"padapter/cmd/internal/jobs"
)

// Report is what the demo found.
type Report struct {
	Seed      uint64        `json:"seed"`
	Small     bool          `json:"small"`
	Engine    string        `json:"engine"`
	Out       string        `json:"out"`
	Source    TrainingRun   `json:"source"`
	Target    []TrainingRun `json:"target"`
	Chance    float64       `json:"chance"`    // top-1 of guessing on target
	Orderless float64       `json:"orderless"` // best top-1 that frames without their order allow: one of two
	Labels    Labels        `json:"labels"`
}

// padapter is the run whose checkpoint labels.
func (r *Report) padapter() TrainingRun {
	for _, run := range r.Target {
		if run.Recipe == "demo-target-padapter" {
			return run
		}
	}
	return TrainingRun{}
}

func (r *Report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the demo's report: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the demo's report: %w", err)
	}
	return nil
}

// Text is the report for people.
func (r *Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Pretrained on source: %s parameters, %s %% of %d test clips right, %.0f s.\n",
		jobs.Thousands(r.Source.Total), percent(r.Source.Top1), r.Source.Clips, r.Source.Seconds)
	fmt.Fprintf(&b, "Fine-tuned on target, tested on %d clips of other draws:\n\n", r.padapter().Clips)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "tuning\ttrained\tshare %\ttest top-1 %\tseconds\t")
	fmt.Fprintf(w, "chance\t\t\t%s\t\t\n", percent(r.Chance))
	for _, run := range r.Target {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.0f\t\n", run.Name, jobs.Thousands(run.Trained), percent(run.share()), percent(run.Top1), run.Seconds)
	}
	_ = w.Flush() // a strings.Builder does not fail
	fmt.Fprintf(&b, "\nWithout the order of frames no model can be right more often than %s %% here.\n", percent(r.Orderless))
	fmt.Fprintf(&b, "PAdapter's checkpoint labelled %d unseen clips, %d of them right.\n\n", r.Labels.Rows, r.Labels.Correct)
	for _, place := range [][2]string{
		{"videos", filepath.Join(r.Out, "{source,target}", dataset.VideosFolder)},
		{"manifests", filepath.Join(r.Out, "{source,target}.parquet")},
		{"shards", filepath.Join(r.Out, "shards")},
		{"checkpoints", filepath.Join(r.Out, "runs")},
		{"unseen clips", r.Labels.Input},
		{"their labels", r.Labels.Out},
		{"this report", filepath.Join(r.Out, "report.json")},
	} {
		fmt.Fprintf(&b, "%-13s %s\n", place[0], place[1])
	}
	return b.String()
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) }
