package checkpoint

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/classifier"
	"padapter/models/vit"
	"padapter/models/weights"
)

// Beside loads only the adapter of a checkpoint with the same backbone as m. Both models then share the backbone in
// memory. Neither may be trained. Finalizing m's store invalidates both; the store of the other is garbage collected.
func (m *Model) Beside(dir string) (*Model, error) {
	config, err := ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	if config.BackboneSHA256 != m.Config.BackboneSHA256 {
		return nil, fmt.Errorf("checkpoint %s: its adapter belongs on the backbone with SHA-256 %s, the one here has %s", dir, config.BackboneSHA256, m.Config.BackboneSHA256)
	}
	c, err := classifier.FromRecipe(config.Recipe, len(config.Classes))
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	if forward(c.Backbone) != forward(m.Classifier.Backbone) {
		return nil, fmt.Errorf("checkpoint %s: its transformer %+v is not the one here, %+v", dir, c.Backbone, m.Classifier.Backbone)
	}
	other := &Model{Config: config, Classifier: c, Store: model.NewStore()}
	var own []weights.Parameter
	for _, p := range c.Parameters() {
		if !isBackbone(p) {
			own = append(own, p)
			continue
		}
		v := m.Store.GetVariable(p.Path())
		if v == nil {
			return nil, fmt.Errorf("checkpoint %s: the backbone here has no %s", dir, p.Name)
		}
		value, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
		}
		shared, err := other.Store.CreateVariable(p.Path(), value)
		if err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
		}
		shared.SetTrainable(false)
	}
	if err := weights.Fill(other.Store, own, 0); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	path := weightsFile(dir, AdapterFile, config.AdapterSHA256)
	hash, err := fileHash(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	if hash != config.AdapterSHA256 {
		return nil, fmt.Errorf("checkpoint %s: %s is not the file that was saved: its SHA-256 is %s, %s says %s", dir, path, hash, ConfigFile, config.AdapterSHA256)
	}
	if err := loadTensors(path, c, other.Store, isAdapter); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	return other, nil
}

// forward returns a backbone's configuration without the settings of training.
func forward(c vit.Config) vit.Config {
	c.Dropout, c.AttentionDropout, c.DropPath, c.GradientCheckpointing = 0, 0, 0, false
	return c
}
