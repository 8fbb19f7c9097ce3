package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/wholefile"
	"padapter/models/checkpoint/safetensors"
	"padapter/models/feed"
)

// StateDir is the folder in OutDir that holds the states for resuming.
const StateDir = "state"

// stateFormat is the version of state files.
const stateFormat = "1"

// position is where a run is between two steps. Together with the values of the variables that training changes, it
// determines everything that follows.
type position struct {
	Identity   string     `json:"identity"` // recipe hash and Options.Identity; a state of another identity is rejected
	Epoch      int        `json:"epoch"`    // current epoch, from 0
	InEpoch    int64      `json:"in_epoch"` // steps taken in it
	Step       int64      `json:"step"`     // all steps taken
	LossSum    float64    `json:"loss_sum"` // of the current epoch
	Mark       feed.Stats `json:"mark"`     // position in the data of the current epoch
	LogBytes   int64      `json:"log_bytes"`
	Result     Result     `json:"result"` // as of the last finished epoch
	ElapsedSec float64    `json:"elapsed_seconds"`
}

// statePath returns the path of the state after a step. Names sort by step.
func statePath(dir string, step int64) string {
	return filepath.Join(dir, StateDir, fmt.Sprintf("step-%012d.safetensors", step))
}

// states lists the states in dir, oldest first.
func states(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, StateDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list training states: %w", err)
	}
	var paths []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "step-") && strings.HasSuffix(e.Name(), ".safetensors") {
			paths = append(paths, filepath.Join(dir, StateDir, e.Name()))
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// saveState writes the variables and the position atomically, then removes all states except the newest keep.
func saveState(dir string, at position, variables []*model.Variable, keep int) (err error) {
	path := statePath(dir, at.Step)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("save training state: %w", err)
	}
	contents := make([]safetensors.Tensor, 0, len(variables))
	for _, v := range variables {
		value, err := v.Value()
		if err != nil {
			return fmt.Errorf("save training state: variable %s: %w", v.Path(), err)
		}
		flat, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return fmt.Errorf("save training state: variable %s: %w", v.Path(), err)
		}
		contents = append(contents, safetensors.Tensor{Name: v.Path(), Shape: v.Shape().Dimensions, Values: flat})
	}
	text, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("save training state: %w", err)
	}
	if err := wholefile.Write(path, func(w io.Writer) error {
		return safetensors.Write(w, contents, map[string]string{"padapter.state": stateFormat, "position": string(text)})
	}); err != nil {
		return fmt.Errorf("save training state: %w", err)
	}
	paths, err := states(dir)
	if err != nil {
		return err
	}
	for _, old := range paths[:max(0, len(paths)-keep)] {
		if err := os.Remove(old); err != nil {
			return fmt.Errorf("remove old training state: %w", err)
		}
	}
	return nil
}

// loadState reads the newest state in dir into the store. found is false if there is none. Variables that are not in
// the store yet, such as optimizer state, are created; loaded lists all that the state holds.
func loadState(dir, identity string, store *model.Store) (at position, loaded []*model.Variable, found bool, err error) {
	paths, err := states(dir)
	if err != nil || len(paths) == 0 {
		return at, nil, false, err
	}
	path := paths[len(paths)-1]
	f, err := safetensors.Open(path)
	if err != nil {
		return at, nil, false, fmt.Errorf("load training state: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if got := f.Metadata["padapter.state"]; got != stateFormat {
		return at, nil, false, fmt.Errorf("load training state %s: format %q, this program knows %q", path, got, stateFormat)
	}
	if err := json.Unmarshal([]byte(f.Metadata["position"]), &at); err != nil {
		return at, nil, false, fmt.Errorf("load training state %s: %w", path, err)
	}
	if at.Identity != identity {
		return at, nil, false, fmt.Errorf("load training state %s: it belongs to another run (recipe, data, backbone or program settings differ): use another output folder, or the same settings", path)
	}
	for _, name := range f.Names() {
		v, err := loadVariable(f, name, store)
		if err != nil {
			return at, nil, false, fmt.Errorf("load training state %s: %w", path, err)
		}
		loaded = append(loaded, v)
	}
	if len(loaded) == 0 {
		return at, nil, false, fmt.Errorf("load training state %s: it holds no weights: remove it, and --resume goes on from the state before it or from the beginning", path)
	}
	return at, loaded, true, nil
}

func loadVariable(f *safetensors.File, name string, store *model.Store) (*model.Variable, error) {
	values, err := f.Float32(name)
	if err != nil {
		return nil, err
	}
	shape, _ := f.Shape(name)
	tensor := tensors.FromFlatDataAndDimensions(values, shape...)
	v := store.GetVariable(name)
	if v == nil {
		if v, err = store.CreateVariable(name, tensor); err != nil {
			return nil, err
		}
		v.SetTrainable(false)
		return v, nil
	}
	if !v.Shape().Equal(tensor.Shape()) {
		return nil, fmt.Errorf("variable %s has shape %s, the network's is %s", name, tensor.Shape(), v.Shape())
	}
	return v, v.SetValue(tensor)
}
