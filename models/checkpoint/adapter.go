package checkpoint

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests/storage"
	"padapter/models/classifier"
	"padapter/models/tuning"
	"padapter/models/weights"
)

// Listed describes a checkpoint.
type Listed struct {
	Dir          string  `json:"dir"`
	Config       *Config `json:"config"`
	AdapterBytes int64   `json:"adapter_bytes"`
	Backbone     bool    `json:"backbone"` // the folder contains the backbone
}

// Read reads the description of the checkpoint in dir.
func Read(dir string) (Listed, error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return Listed{}, err
	}
	e, err := storage.Stat(weightsFile(dir, AdapterFile, config.AdapterSHA256))
	if err != nil {
		return Listed{}, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	_, missing := storage.Stat(weightsFile(dir, BackboneFile, config.BackboneSHA256))
	return Listed{Dir: dir, Config: config, AdapterBytes: e.Size, Backbone: missing == nil}, nil
}

// List returns the checkpoints in root and the folders below it, sorted by name.
func List(root string) ([]Listed, error) {
	var found []Listed
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || !isWeights(entry.Name()) || !strings.HasPrefix(entry.Name(), "adapter") {
			return nil
		}
		dir := filepath.Dir(path)
		if n := len(found); n > 0 && found[n-1].Dir == dir {
			return nil
		}
		one, err := Read(dir)
		if err != nil {
			return err
		}
		found = append(found, one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list checkpoints: %w", err)
	}
	return found, nil
}

// Extract writes only the adapter of a checkpoint, a few MB, into the folder out, to share it with those who have the
// backbone. LoadAdapter reads it.
func Extract(dir, out string) error {
	listed, err := Read(dir)
	if err != nil {
		return err
	}
	err = writeFolder(out, func(draft string) error {
		for name, from := range map[string]string{AdapterFile: weightsFile(dir, AdapterFile, listed.Config.AdapterSHA256), ConfigFile: storage.Join(dir, ConfigFile)} {
			if err := storage.Copy(from, filepath.Join(draft, name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("extract adapter into %s: %w", out, err)
	}
	return nil
}

// Merge writes a self-contained checkpoint to out: backbone, adapter and head. LoRA's products are added to the
// kernels, so that no LoRA weights remain. Other tunings cannot be merged into kernels and stay. backbone is where the
// backbone of an adapter alone is; empty means dir.
func Merge(dir, backbone, out string) error {
	if backbone == "" {
		backbone = dir
	}
	m, err := LoadAdapter(dir, backbone)
	if err != nil {
		return err
	}
	c, recipe := m.Classifier, *m.Config.Recipe
	if lora, ok := c.Tuning.(*tuning.LoRA); ok {
		value := func(name string) ([]float32, error) { return weights.Values(m.Store, c.Parameter(name)) }
		recipe.Tuning.Kind = "linear"
		merged, err := classifier.FromRecipe(&recipe, len(m.Config.Classes))
		if err != nil {
			return err
		}
		for _, p := range merged.Parameters() {
			values, err := lora.Merge(p, value)
			if err != nil {
				return fmt.Errorf("merge %s: %w", dir, err)
			}
			if err := weights.Set(m.Store, p, values); err != nil {
				return fmt.Errorf("merge %s: %w", dir, err)
			}
		}
		c = merged
	}
	return Save(out, c, m.Store, Facts{Tool: m.Config.Tool, Recipe: &recipe, Classes: slices.Clone(m.Config.Classes), Metrics: m.Config.Metrics, Temperature: m.Config.Temperature})
}
