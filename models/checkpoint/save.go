package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
	"padapter/models/checkpoint/safetensors"
	"padapter/models/classifier"
	"padapter/models/weights"
)

// Facts holds what a checkpoint records besides the weights.
type Facts struct {
	Tool    string
	Recipe  *recipe.Recipe
	Classes []string
	Metrics map[string]float64
	// BackboneSHA256 is the hash of a backbone stored elsewhere. If set, only the adapter is written.
	BackboneSHA256 string
	Temperature    float64 // 0 if none was fitted
}

// Save writes the classifier's weights in store to the folder dir and replaces an older checkpoint there.
func Save(dir string, c *classifier.Classifier, store *model.Store, facts Facts) (err error) {
	if storage.Remote(dir) {
		return saveRemote(dir, c, store, facts)
	}
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	draft, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".tmp-*")
	if err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("save checkpoint %s: %w", dir, errors.Join(err, os.RemoveAll(draft)))
		}
	}()
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	trained, total := c.Count()
	config := Config{Tool: facts.Tool, Recipe: facts.Recipe, Classes: facts.Classes, Metrics: facts.Metrics, Trained: trained, Total: total, Temperature: facts.Temperature}
	config.Version = config.versionFor()
	if config.BackboneSHA256 = facts.BackboneSHA256; config.BackboneSHA256 == "" {
		if config.BackboneSHA256, err = saveTensors(filepath.Join(draft, BackboneFile), c, store, isBackbone); err != nil {
			return err
		}
	}
	if config.AdapterSHA256, err = saveTensors(filepath.Join(draft, AdapterFile), c, store, isAdapter); err != nil {
		return err
	}
	if err := config.write(filepath.Join(draft, ConfigFile)); err != nil {
		return err
	}
	return replace(draft, dir)
}

// saveRemote saves to a local folder first.
func saveRemote(dir string, c *classifier.Classifier, store *model.Store, facts Facts) (err error) {
	draft, err := os.MkdirTemp("", "padapter-checkpoint-*")
	if err != nil {
		return fmt.Errorf("save checkpoint %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	local := filepath.Join(draft, "checkpoint")
	if err := Save(local, c, store, facts); err != nil {
		return err
	}
	if err := Upload(local, dir); err != nil {
		return fmt.Errorf("save checkpoint %s: %w", dir, err)
	}
	return nil
}

func isBackbone(p weights.Parameter) bool { return p.Role == weights.Backbone }
func isAdapter(p weights.Parameter) bool  { return p.Role != weights.Backbone }

// saveTensors writes the parameters that want accepts to a file and returns its hex SHA-256.
func saveTensors(path string, c *classifier.Classifier, store *model.Store, want func(weights.Parameter) bool) (hash string, err error) {
	err = wholefile.Write(path, func(w io.Writer) error {
		hash, err = writeTensors(w, c, store, want)
		return err
	})
	return hash, err
}

// writeTensors writes the parameters that want accepts to w and returns the hex SHA-256 of the data.
func writeTensors(w io.Writer, c *classifier.Classifier, store *model.Store, want func(weights.Parameter) bool) (string, error) {
	var list []safetensors.Tensor
	for _, p := range c.Parameters() {
		if !want(p) {
			continue
		}
		values, err := weights.Values(store, p)
		if err != nil {
			return "", err
		}
		list = append(list, safetensors.Tensor{Name: p.Name, Shape: p.FileShape(), Values: p.ToFile(values)})
	}
	sum := sha256.New()
	if err := safetensors.Write(io.MultiWriter(w, sum), list, map[string]string{"format": "pt"}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// replacedSuffix marks a folder that is being replaced. Should the program end between the two renames, the next
// reader puts it back.
const replacedSuffix = ".replaced"

// replace gives draft the name dir.
func replace(draft, dir string) error {
	old := dir + replacedSuffix
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(draft, dir); err != nil {
		return err
	}
	return errors.Join(wholefile.SyncFolder(filepath.Dir(dir)), os.RemoveAll(old))
}

// recoverReplaced undoes a replacement that was cut off half-way.
func recoverReplaced(dir string) error {
	if storage.Remote(dir) {
		return nil
	}
	dir = filepath.Clean(dir)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := os.Rename(dir+replacedSuffix, dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("checkpoint %s: recover the folder from a save that was cut off: %w", dir, err)
	}
	return nil
}
