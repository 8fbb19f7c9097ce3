package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/checkpoint/safetensors"
	"padapter/models/classifier"
	"padapter/models/weights"
)

// Model is a loaded checkpoint.
type Model struct {
	Config     *Config
	Classifier *classifier.Classifier
	Store      *model.Store
}

// Load reads a checkpoint's folder: every weight must be there, in the right shape, in files with the right hash.
func Load(dir string) (*Model, error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	c, err := classifier.FromRecipe(config.Recipe, len(config.Classes))
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	m := &Model{Config: config, Classifier: c, Store: model.NewStore()}
	if err := c.Init(m.Store, 0); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	for _, part := range []struct {
		file, hash string
		want       func(weights.Parameter) bool
	}{{BackboneFile, config.BackboneSHA256, isBackbone}, {AdapterFile, config.AdapterSHA256, isAdapter}} {
		path := filepath.Join(dir, part.file)
		hash, err := fileHash(path)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
		}
		if hash != part.hash {
			return nil, fmt.Errorf("checkpoint %s: %s is not the file that was saved: its SHA-256 is %s, %s says %s", dir, part.file, hash, ConfigFile, part.hash)
		}
		if err := loadTensors(path, c, m.Store, part.want); err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
		}
	}
	return m, nil
}

// LoadBackbone fills the trunk's weights in store from a checkpoint's folder or a safetensors file with our names, and
// returns the hex SHA-256 of the file. The head and what the tuning adds keep their start values.
func LoadBackbone(path string, c *classifier.Classifier, store *model.Store) (string, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, BackboneFile)
	}
	hash, err := fileHash(path)
	if err != nil {
		return "", fmt.Errorf("load backbone: %w", err)
	}
	if err := loadTensors(path, c, store, isBackbone); err != nil {
		return "", fmt.Errorf("load backbone: %w", err)
	}
	return hash, nil
}

// loadTensors sets the parameters that want accepts from a file that must hold exactly those.
func loadTensors(path string, c *classifier.Classifier, store *model.Store, want func(weights.Parameter) bool) (err error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	expected := map[string]bool{}
	var missing, wrong, unexpected []string
	for _, p := range c.Parameters() {
		if !want(p) {
			continue
		}
		expected[p.Name] = true
		shape, ok := f.Shape(p.Name)
		switch {
		case !ok:
			missing = append(missing, p.Name)
		case !slices.Equal(shape, p.FileShape()):
			wrong = append(wrong, fmt.Sprintf("%s %v (want %v)", p.Name, shape, p.FileShape()))
		}
	}
	for _, name := range f.Names() {
		if !expected[name] {
			unexpected = append(unexpected, name)
		}
	}
	if len(missing)+len(wrong)+len(unexpected) > 0 {
		return fmt.Errorf("%s is not of this network: missing %s; of another shape %s; unexpected %s: check the recipe's model and clip parts", path, some(missing), some(wrong), some(unexpected))
	}
	for _, p := range c.Parameters() {
		if !want(p) {
			continue
		}
		values, err := f.Float32(p.Name)
		if err != nil {
			return err
		}
		if err := weights.Set(store, p, p.FromFile(values)); err != nil {
			return err
		}
	}
	return nil
}

// some lists the first few names.
func some(names []string) string {
	const most = 4
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func fileHash(path string) (hash string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
