package train

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"padapter/manifests/wholefile"
	"padapter/models/feed"
)

// Result is the outcome of a run, which is also written to OutDir/result.json.
type Result struct {
	Epochs    int     `json:"epochs"`
	Steps     int64   `json:"steps"`
	TrainLoss float64 `json:"train_loss"` // mean of the last epoch's steps
	BestEpoch int     `json:"best_epoch"` // counted from 1
	ValTop1   float64 `json:"val_top1"`   // of the best epoch; 0 without validation
	ValLoss   float64 `json:"val_loss"`

	Engine    string `json:"engine,omitempty"`    // what computed
	Precision string `json:"precision,omitempty"` // of matrix products

	TrainedParameters int64   `json:"trained_parameters"`
	TotalParameters   int64   `json:"total_parameters"` // of the whole network, frozen and trained
	Seconds           float64 `json:"seconds"`          // measured, the whole run
	WaitSeconds       float64 `json:"wait_seconds"`     // measured, time that steps waited for clips
	TrainSeconds      float64 `json:"train_seconds"`    // measured, steps alone, without validation and saving
	CompileSeconds    float64 `json:"compile_seconds"`  // measured, of TrainSeconds: what first steps took beyond the others

	Devices int `json:"devices"` // that shared each batch, in the last process of the run

	CachedClips int64 `json:"cached_clips,omitempty"` // cache hits of all steps of this process

	ClipsPerEpoch int64 `json:"clips_per_epoch"` // used in the last epoch
	Failed        int64 `json:"failed"`          // rows with errors in the last epoch
	Unlabelled    int64 `json:"unlabelled"`
	Dropped       int64 `json:"dropped"` // clips of the last epoch's incomplete batch
}

func (r *Result) count(stats feed.Stats) {
	r.ClipsPerEpoch, r.Failed, r.Unlabelled, r.Dropped = stats.Clips, stats.Failed, stats.Unlabelled, stats.Dropped
}

// writeJSON writes a value to dir/name atomically.
func writeJSON(dir, name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return wholefile.Write(filepath.Join(dir, name), func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}
