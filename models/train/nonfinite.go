package train

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"

	"padapter/manifests/wholefile"
)

// NonFiniteFile lists the clips of the step that had a non-finite loss.
const NonFiniteFile = "nonfinite.json"

// NonFiniteError reports a step whose loss or gradient was NaN or infinite. The run stops there. The best checkpoint so
// far is kept, and the clips of the step are listed in Path.
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

// save writes the error's details into dir and sets Path.
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
