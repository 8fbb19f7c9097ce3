package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
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
func Save(dir string, c *classifier.Classifier, store *model.Store, facts Facts) error {
	err := writeFolder(dir, func(draft string) error { return saveTo(draft, c, store, facts) })
	if err != nil {
		return fmt.Errorf("save checkpoint %s: %w", dir, err)
	}
	return nil
}

// saveTo writes a checkpoint's files into an empty folder.
func saveTo(dir string, c *classifier.Classifier, store *model.Store, facts Facts) (err error) {
	trained, total := c.Count()
	config := Config{Tool: facts.Tool, Recipe: facts.Recipe, Classes: facts.Classes, Metrics: facts.Metrics, Trained: trained, Total: total, Temperature: facts.Temperature}
	config.Version = config.versionFor()
	if config.BackboneSHA256 = facts.BackboneSHA256; config.BackboneSHA256 == "" {
		if config.BackboneSHA256, err = saveTensors(filepath.Join(dir, BackboneFile), c, store, isBackbone); err != nil {
			return err
		}
	}
	if config.AdapterSHA256, err = saveTensors(filepath.Join(dir, AdapterFile), c, store, isAdapter); err != nil {
		return err
	}
	return config.write(filepath.Join(dir, ConfigFile))
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
