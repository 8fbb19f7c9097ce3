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

// Names of the files in a checkpoint's folder.
const (
	ConfigFile   = "config.json"
	BackboneFile = "backbone.safetensors"
	AdapterFile  = "adapter.safetensors"
)

// formatVersion is the newest config version that Load reads. A config is written with the oldest version that can
// represent it.
const formatVersion = 2

// Config is the content of config.json.
type Config struct {
	Version        int                `json:"version"`
	Tool           string             `json:"tool"`            // program and version that wrote it
	Recipe         *recipe.Recipe     `json:"recipe"`          // recipe of clips, network, tuning and training
	Classes        []string           `json:"classes"`         // names, by class number
	Metrics        map[string]float64 `json:"metrics"`         // measurements, such as val_top1
	Trained        int                `json:"trained"`         // number of trained weights
	Total          int                `json:"total"`           // number of weights
	BackboneSHA256 string             `json:"backbone_sha256"` // of the file backbone.safetensors
	AdapterSHA256  string             `json:"adapter_sha256"`  // of the file adapter.safetensors
	// Temperature divides logits for calibrated probabilities. It was fitted on validation clips; 0 means that none
	// was.
	Temperature float64 `json:"temperature,omitempty"`
}

// ReadConfig reads and validates a checkpoint's config.
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
	dec.DisallowUnknownFields() // never ignore a setting silently
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
