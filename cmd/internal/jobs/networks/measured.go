package networks

import (
	"context"

	"padapter/cmd/internal/jobs/inputs"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/evaluate"
)

// Measured is a checkpoint on an engine, with the labelled clips that it is to be measured on.
type Measured struct {
	Dir    string // of the checkpoint
	Model  *checkpoint.Model
	Engine *backend.Backend
	Why    string // of the precision, see OpenEngine
	Data   *inputs.ClipData
}

// OpenMeasured loads a checkpoint, or the best of a run's folder, opens the engine and the clips as the checkpoint's
// recipe sees them, and compares their class lists. The clip, the seed and the yielding of the settings are the
// checkpoint's and the engine's.
func OpenMeasured(ctx context.Context, dir string, engine backend.Settings, data string, how inputs.ClipSettings) (*Measured, error) {
	dir = BestOf(dir)
	m, err := checkpoint.Load(dir)
	if err != nil {
		return nil, err
	}
	o := &Measured{Dir: dir, Model: m}
	if o.Engine, o.Why, err = OpenEngine(engine, Checkpoint{dir, m.Config}); err != nil {
		m.Store.Finalize()
		return nil, err
	}
	m.Classifier.Backbone.Half = o.Engine.RoundsInGraph()
	if o.Data, err = o.LabelledClips(ctx, data, how); err != nil {
		m.Store.Finalize()
		return nil, err
	}
	return o, nil
}

// LabelledClips opens further clips for the checkpoint: cut as its recipe says, of its classes. They are the caller's to
// close.
func (o *Measured) LabelledClips(ctx context.Context, data string, how inputs.ClipSettings) (*inputs.ClipData, error) {
	r := o.Model.Config.Recipe
	how.Clip, how.Seed, how.Yield = r.Clip, r.Train.Seed, o.Engine.OnProcessors()
	opened, err := inputs.OpenClips(ctx, data, how)
	if err != nil {
		return nil, err
	}
	if err := SameClasses(opened.Meta().Classes, o.Model.Config.Classes); err != nil {
		_ = opened.Close() // the mismatch is what matters
		return nil, err
	}
	return opened, nil
}

// Options are those of an evaluation of the checkpoint on its clips; batch 0 stands for what BatchSize chooses.
func (o *Measured) Options(batch int) evaluate.Options {
	r := o.Model.Config.Recipe
	batch, _ = BatchSize(batch, r.Eval.Batch, r.Clip, o.Model.Classifier.Backbone)
	return evaluate.Options{
		Backend: o.Engine.Compute, Store: o.Model.Store, Network: o.Model.Classifier, Data: o.Data.Data,
		Batch: batch, ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
	}
}

// InPrecision loads the checkpoint again, to compute in another precision on the same engine. The caller finalizes the
// side's store.
func (o *Measured) InPrecision(precision backend.Precision) (*evaluate.Side, error) {
	engine, err := backend.OpenWith(backend.Settings{Engine: o.Engine.Engine, Precision: precision})
	if err != nil {
		return nil, err
	}
	m, err := checkpoint.Load(o.Dir)
	if err != nil {
		return nil, err
	}
	m.Classifier.Backbone.Half = engine.RoundsInGraph()
	return &evaluate.Side{Backend: engine.Compute, Store: m.Store, Network: m.Classifier}, nil
}

// Close lets go of the clips and of the weights.
func (o *Measured) Close() error {
	o.Model.Store.Finalize()
	return o.Data.Close()
}
