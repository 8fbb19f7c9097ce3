package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"padapter/manifests/recipe"
	"padapter/manifests/storage"
)

// The files of a checkpoint's folder.
const (
	ConfigFile   = "config.json"
	BackboneFile = "backbone.safetensors"
	AdapterFile  = "adapter.safetensors"
)

// formatVersion is the highest version of a config that Load reads; every config has the least that can say what it does.
const formatVersion = 2

// Config is what a checkpoint says about itself.
type Config struct {
	Version        int                `json:"version"`
	Tool           string             `json:"tool"`            // program and version that wrote it
	Recipe         *recipe.Recipe     `json:"recipe"`          // clips, network, tuning and training
	Classes        []string           `json:"classes"`         // names, by class number
	Metrics        map[string]float64 `json:"metrics"`         // what was measured, such as val_top1
	Trained        int                `json:"trained"`         // weights that the tuning trained
	Total          int                `json:"total"`           // weights in all
	BackboneSHA256 string             `json:"backbone_sha256"` // of the file backbone.safetensors
	AdapterSHA256  string             `json:"adapter_sha256"`  // of the file adapter.safetensors
	// Temperature was fitted on validation clips: logits divided by it give calibrated probabilities. 0: none was fitted.
	Temperature float64 `json:"temperature,omitempty"`
}

// ReadConfig reads and checks a checkpoint's config.
func ReadConfig(dir string) (*Config, error) {
	if err := recoverReplaced(dir); err != nil {
		return nil, err
	}
	path := storage.Join(dir, ConfigFile)
	text, err := storage.ReadFile(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("checkpoint %s: there is no %s: name a folder that 'padapter train' wrote, such as OUT/best: %w", dir, ConfigFile, err)
		}
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	c := new(Config)
	if err := json.Unmarshal(text, &struct{ Version *int }{&c.Version}); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %s: %w", dir, ConfigFile, err)
	}
	if c.Version > formatVersion {
		return nil, fmt.Errorf("checkpoint %s: its format version is %d, this program reads up to %d: use a newer padapter", dir, c.Version, formatVersion)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields() // nothing that a checkpoint says is left out in silence
	if err := dec.Decode(c); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %s: %w", dir, ConfigFile, err)
	}
	if err := c.checkTemperature(); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %s: %w", dir, ConfigFile, err)
	}
	switch {
	case c.Recipe == nil || len(c.Classes) == 0:
		return nil, fmt.Errorf("checkpoint %s: %s names no recipe or no classes", dir, ConfigFile)
	}
	if err := c.Recipe.Validate(); err != nil {
		return nil, fmt.Errorf("checkpoint %s: its recipe: %w", dir, err)
	}
	return c, nil
}
