package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/storage"
	"padapter/models/checkpoint/layout"
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

// Load reads the checkpoint in dir. It returns an error unless every weight is present, with the right shape, in files
// with the right hash.
func Load(dir string) (*Model, error) { return load(dir, dir) }

// LoadAdapter reads a checkpoint whose folder may contain only the adapter. backbone is another checkpoint's folder, or
// a file in any layout of package layout. Its weights must be bit-identical to those that the adapter was trained on:
// config.json has the hash of the backbone's file.
func LoadAdapter(dir, backbone string) (*Model, error) {
	return load(dir, backbone)
}

// load reads a checkpoint with the backbone in a file or a folder.
func load(dir, backbone string) (*Model, error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	own := backbone == dir
	if e, err := storage.Stat(backbone); own || err == nil && e.Folder {
		backbone = weightsFile(backbone, BackboneFile, config.BackboneSHA256)
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
		path, hash string
		want       func(weights.Parameter) bool
	}{{backbone, config.BackboneSHA256, isBackbone}, {weightsFile(dir, AdapterFile, config.AdapterSHA256), config.AdapterSHA256, isAdapter}} {
		hash, err := fileHash(part.path)
		if errors.Is(err, fs.ErrNotExist) && own && part.path == backbone {
			return nil, fmt.Errorf("checkpoint %s: it holds an adapter alone: name the backbone it was trained on (SHA-256 %s): %w", dir, part.hash, err)
		}
		if err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
		}
		if hash != part.hash && part.path == backbone {
			if err := adopt(backbone, hash, part.hash, c, m.Store); err != nil {
				return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
			}
			continue
		}
		if hash != part.hash {
			return nil, fmt.Errorf("checkpoint %s: %s is not the file that was saved: its SHA-256 is %s, %s says %s", dir, part.path, hash, ConfigFile, part.hash)
		}
		if err := loadTensors(part.path, c, m.Store, part.want); err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
		}
	}
	return m, nil
}

// adopt loads backbone weights from a file whose hash differs from want. It accepts them if they are the same weights
// in another layout.
func adopt(path, hash, want string, c *classifier.Classifier, store *model.Store) error {
	wrong := fmt.Sprintf("%s is not the file that was saved: its SHA-256 is %s, %s says %s", path, hash, ConfigFile, want)
	if _, err := LoadBackbone(path, c, store); err != nil {
		return fmt.Errorf("%s; and its weights cannot be loaded: %w", wrong, err)
	}
	content, err := writeTensors(io.Discard, c, store, isBackbone)
	if err != nil {
		return err
	}
	if content != want {
		return fmt.Errorf("%s, and its weights in our own layout have %s: name the backbone that the adapter was trained on", wrong, content)
	}
	return nil
}

// LoadBackbone loads backbone weights into store from a checkpoint's folder or a file in any layout of package layout,
// and returns the hex SHA-256 of the file. Head and tuning keep their initial values, and so does the norm before the
// head unless the file contains it. It returns an error if the file lacks weights of the backbone.
func LoadBackbone(path string, c *classifier.Classifier, store *model.Store) (string, error) {
	hash, report, err := loadPretrained(path, c, store)
	if err != nil {
		return "", err
	}
	var missing []string
	for _, p := range c.Backbone.Parameters() {
		if isBackbone(p) && slices.Contains(report.Missing, p.Name) {
			missing = append(missing, p.Name)
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("load backbone %s: it is of layout %s and lacks %s: check the recipe's model part", path, report.Layout, some(missing))
	}
	return hash, nil
}

// loadPretrained is LoadBackbone that returns a report of loaded, missing and unexpected tensors and accepts missing
// ones.
func loadPretrained(path string, c *classifier.Classifier, store *model.Store) (hash string, report *layout.Report, err error) {
	var grid layout.Grid // of the file's position table, known only for checkpoints
	if e, err := storage.Stat(path); err == nil && e.Folder {
		config, err := ReadConfig(path)
		switch {
		case err == nil:
			if grid, err = gridOf(path, config); err != nil {
				return "", nil, fmt.Errorf("load backbone: %w", err)
			}
			path = weightsFile(path, BackboneFile, config.BackboneSHA256)
		case errors.Is(err, fs.ErrNotExist): // a folder without config is accepted
			path = storage.Join(path, BackboneFile)
		default:
			return "", nil, fmt.Errorf("load backbone: %w", err)
		}
	}
	if hash, err = fileHash(path); err != nil {
		return "", nil, fmt.Errorf("load backbone: %w", err)
	}
	f, err := layout.Open(path)
	if err != nil {
		return "", nil, fmt.Errorf("load backbone: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if report, err = layout.Load(f, grid, c.Backbone, store); err != nil {
		return "", nil, fmt.Errorf("load backbone %s: %w", path, err)
	}
	return hash, report, nil
}

// gridOf returns the token grid of a checkpoint's network.
func gridOf(dir string, config *Config) (layout.Grid, error) {
	c, err := classifier.FromRecipe(config.Recipe, len(config.Classes))
	if err != nil {
		return layout.Grid{}, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	return layout.GridOf(c.Backbone), nil
}

// loadTensors sets the parameters that want accepts. The file must contain exactly those.
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
		return fmt.Errorf("%s is not of this network: missing %s; of another shape %s; unexpected %s: check the recipe's model and clip parts; for other frames or another picture size use 'padapter adapter resize'", path, some(missing), some(wrong), some(unexpected))
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

// some returns the first few names as text.
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
	f, err := storage.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if err := whole(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
