package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"padapter/manifests/wholefile"
	"padapter/models/classifier"
	"padapter/models/tuning"
	"padapter/models/weights"
)

// Listed is a checkpoint found by List.
type Listed struct {
	Dir          string  `json:"dir"`
	Config       *Config `json:"config"`
	AdapterBytes int64   `json:"adapter_bytes"`
	Backbone     bool    `json:"backbone"` // the folder holds the backbone too
}

// Read describes one checkpoint's folder.
func Read(dir string) (Listed, error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return Listed{}, err
	}
	info, err := os.Stat(filepath.Join(dir, AdapterFile))
	if err != nil {
		return Listed{}, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	_, missing := os.Stat(filepath.Join(dir, BackboneFile))
	return Listed{Dir: dir, Config: config, AdapterBytes: info.Size(), Backbone: missing == nil}, nil
}

// List describes every checkpoint in root and the folders below it, in the order of their names.
func List(root string) ([]Listed, error) {
	var found []Listed
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || entry.Name() != AdapterFile {
			return nil
		}
		one, err := Read(filepath.Dir(path))
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

// Extract writes the adapter of a checkpoint alone, a few MB, into the folder out: what one hands on to those who have
// the backbone. LoadAdapter reads it.
func Extract(dir, out string) (err error) {
	if _, err := Read(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(out)), 0o755); err != nil {
		return fmt.Errorf("extract adapter: %w", err)
	}
	draft, err := os.MkdirTemp(filepath.Dir(filepath.Clean(out)), "."+filepath.Base(out)+".tmp-*")
	if err != nil {
		return fmt.Errorf("extract adapter: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("extract adapter into %s: %w", out, errors.Join(err, os.RemoveAll(draft)))
		}
	}()
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	for _, name := range []string{AdapterFile, ConfigFile} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(draft, name)); err != nil {
			return err
		}
	}
	return replace(draft, filepath.Clean(out))
}

func copyFile(from, to string) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return wholefile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// Merge writes a checkpoint that needs no other file: backbone, adapter and head together in out. LoRA's products are
// added to the kernels they widen, so that nothing of it is left; other tunings compute what no kernel can and stay.
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
