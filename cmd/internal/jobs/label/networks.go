package label

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/label"
)

// networkSpec says which networks label, and how their scores become rows.
type networkSpec struct {
	Checkpoint  string   `json:"checkpoint"`
	Backbone    string   `json:"backbone,omitempty"` // the checkpoint's, when empty
	Also        []string `json:"also,omitempty"`     // further adapters
	Backend     string   `json:"backend"`
	Precision   string   `json:"precision,omitempty"` // float32, when empty
	Devices     string   `json:"devices,omitempty"`   // one, when empty
	Batch       int      `json:"batch"`               // 0: the recipe's, if the memory is large enough
	TopK        int      `json:"top_k"`               // 0: the recipe's
	Temperature float64  `json:"temperature"`         // 0: the checkpoint's
	Abstain     float64  `json:"abstain"`
	Views       int      `json:"views"` // 0: the recipe's
	Crops       int      `json:"crops"` // 0: the recipe's
	Embedding   bool     `json:"embedding"`
	Windows     string   `json:"windows"` // as label.Provenance has it
}

// goOn takes from the ledger's job what the options leave open: the engine, the precision and the batch size.
func (s *networkSpec) goOn(begun label.Job) {
	if of := begun.Settings[settingBackend]; of != "" && s.Backend == backend.Auto {
		s.Backend = of
	}
	if s.Precision == backend.Auto && begun.Settings != nil {
		s.Precision = begun.Settings[label.SettingPrecision]
	}
	if n, err := strconv.Atoi(begun.Settings[settingBatch]); err == nil && s.Batch == 0 {
		s.Batch = n
	}
}

// networkSet is what labels.
type networkSet struct {
	engine  *backend.Backend
	models  []*checkpoint.Model
	targets []label.Target
	session *label.Session // nil before prepare
	clip    recipe.Clip    // what a network sees of an input
	seed    uint64
	shuffle bool
	batch   int

	batchWhy     string // how it was chosen
	precisionWhy string // how it was chosen; empty if it was asked for
}

// Close frees them.
func (n *networkSet) Close() {
	if n.session != nil {
		n.session.Close()
	}
	if len(n.models) > 0 {
		n.models[0].Store.Finalize() // which the others share, see checkpoint.Model.Beside
	}
}

// openNetworks loads the networks.
func openNetworks(spec networkSpec, version string) (_ *networkSet, err error) {
	n := &networkSet{}
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	m, err := checkpoint.LoadAdapter(networks.BestOf(spec.Checkpoint), networks.BestOf(cmp.Or(spec.Backbone, spec.Checkpoint)))
	if err != nil {
		return nil, err
	}
	n.models = append(n.models, m)
	for _, dir := range spec.Also {
		other, err := m.Beside(networks.BestOf(dir))
		if err != nil {
			return nil, err
		}
		n.models = append(n.models, other)
		a, b := m.Config.Recipe, other.Config.Recipe
		if a.Clip.Hash() != b.Clip.Hash() || a.Train.ShuffleFrames != b.Train.ShuffleFrames || a.Train.Seed != b.Train.Seed && a.Train.ShuffleFrames {
			return nil, fmt.Errorf("checkpoint %s sees clips otherwise than %s: label with each by itself", dir, spec.Checkpoint)
		}
	}
	settings := backend.Settings{Engine: spec.Backend, Precision: backend.Precision(spec.Precision), Devices: spec.Devices}
	if n.engine, n.precisionWhy, err = networks.OpenEngine(settings, n.checkpoints(spec)...); err != nil {
		return nil, err
	}
	for _, m := range n.models {
		m.Classifier.Backbone.Half = n.engine.RoundsInGraph()
	}
	r := m.Config.Recipe
	n.clip = clipOf(r.Clip, spec.Views, spec.Crops)
	if err := n.clip.Validate(); err != nil {
		return nil, jobs.Usagef("--views %d, --crops %d: %v", spec.Views, spec.Crops, err)
	}
	n.seed, n.shuffle = r.Train.Seed, r.Train.ShuffleFrames
	n.batch, n.batchWhy = networks.BatchSize(spec.Batch, r.Eval.Batch, n.clip, m.Classifier.Backbone)
	for _, m := range n.models {
		from, err := n.provenance(spec, m, version)
		if err != nil {
			return nil, err
		}
		n.targets = append(n.targets, label.Target{Store: m.Store, Network: m.Classifier, Provenance: from})
	}
	return n, nil
}

// checkpoints are those of the networks.
func (n *networkSet) checkpoints(spec networkSpec) []networks.Checkpoint {
	var list []networks.Checkpoint
	for i, dir := range append([]string{spec.Checkpoint}, spec.Also...) {
		list = append(list, networks.Checkpoint{Dir: networks.BestOf(dir), Config: n.models[i].Config})
	}
	return list
}

// prepare makes the networks ready to label, on the engine's device.
func (n *networkSet) prepare() (err error) {
	n.session, err = label.NewSession(label.Options{Backend: n.engine.Compute, Batch: n.batch, ShuffleFrames: n.shuffle, Seed: n.seed}, n.targets...)
	return err
}

func (n *networkSet) provenance(spec networkSpec, m *checkpoint.Model, version string) (label.Provenance, error) {
	identity := sha256.Sum256([]byte(m.Config.BackboneSHA256 + m.Config.AdapterSHA256))
	temperature, _ := m.Config.TemperatureOr(spec.Temperature)
	clip, err := json.Marshal(n.clip)
	if err != nil {
		return label.Provenance{}, fmt.Errorf("describe the clips: %w", err)
	}
	from := label.Provenance{
		Version: version, Model: hex.EncodeToString(identity[:]), Backbone: m.Config.BackboneSHA256, Adapter: m.Config.AdapterSHA256,
		Engine: n.engine.Engine, Precision: string(n.engine.Precision), RecipeHash: m.Config.Recipe.Clip.Hash(), Clip: string(clip), Seed: n.seed, Views: n.clip.Views(), Windows: spec.Windows,
		Classes: m.Config.Classes, TopK: cmp.Or(spec.TopK, n.models[0].Config.Recipe.Eval.TopK), Temperature: temperature, Abstain: spec.Abstain,
	}
	if spec.Embedding {
		from.Embedding = m.Classifier.Backbone.Dim
	}
	return from, nil
}

// clipOf is the recipe's clip with the views that were asked for.
func clipOf(clip recipe.Clip, views, crops int) recipe.Clip {
	if views > 0 {
		clip.Segments = views
	}
	if crops > 0 {
		clip.Crops = crops
	}
	if clip.Segments == 1 {
		clip.Segments = 0 // as recipes without views have it
	}
	if clip.Crops == 1 {
		clip.Crops = 0
	}
	return clip
}

func (n *networkSet) provenances() []label.Provenance {
	var all []label.Provenance
	for _, t := range n.targets {
		all = append(all, t.Provenance)
	}
	return all
}
