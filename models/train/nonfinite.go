package train

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"padapter/manifests/wholefile"
)

// NonFiniteFile is where a run that met a non-finite loss leaves the batch that caused it.
const NonFiniteFile = "nonfinite.json"

// NonFiniteError says that the loss or the gradient of a step was NaN or infinite. The run stops there: the best
// checkpoint so far stays, and the step's clips are listed in Path.
type NonFiniteError struct {
	Step  int64
	Epoch int
	Loss  float64
	Norm  float64  // of the whole gradient
	IDs   []string // of the step's clips
	Path  string   // the file that lists them, empty when it could not be written
}

func (e *NonFiniteError) Error() string {
	what := fmt.Sprintf("loss is %v", e.Loss)
	if !math.IsNaN(e.Loss) && !math.IsInf(e.Loss, 0) {
		what = fmt.Sprintf("gradient norm is %v (loss %v)", e.Norm, e.Loss)
	}
	message := fmt.Sprintf("train: %s at step %d of epoch %d, stopped", what, e.Step, e.Epoch)
	if e.Path != "" {
		message += "; its clips are listed in " + e.Path
	}
	return message + "; try a lower learning rate, a longer warm-up or gradient clipping"
}

// save writes the error's facts into dir and remembers the path.
func (e *NonFiniteError) save(dir string) error {
	data, err := json.MarshalIndent(map[string]any{
		"step": e.Step, "epoch": e.Epoch, "loss": finiteJSON(e.Loss), "gradient_norm": finiteJSON(e.Norm), "ids": e.IDs,
	}, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, NonFiniteFile)
	if err := wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	}); err != nil {
		return fmt.Errorf("save the clips of the non-finite step: %w", err)
	}
	e.Path = path
	return nil
}
