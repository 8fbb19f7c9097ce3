package main

import (
	"context"

	"padapter/cmd/internal/machine"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/evaluate"
)

// measured is a checkpoint on an engine, with the labelled clips that it is to be measured on.
type measured struct {
	model  *checkpoint.Model
	engine *backend.Backend
	data   *clipData
}

// openMeasured loads a checkpoint, or the best of a run's folder, opens the engine and the clips as the checkpoint's
// recipe sees them, and compares their class lists. Whoever gets no error closes what comes back.
func openMeasured(ctx context.Context, dir, engine, data string, how clipSettings) (*measured, error) {
	m, err := checkpoint.Load(bestOf(dir))
	if err != nil {
		return nil, err
	}
	o := &measured{model: m}
	if o.engine, err = backend.Open(engine); err != nil {
		m.Store.Finalize()
		return nil, err
	}
	how.yield = o.engine.OnProcessors()
	if o.data, err = labelledClips(ctx, m, data, how); err != nil {
		m.Store.Finalize()
		return nil, err
	}
	return o, nil
}

// labelledClips opens clips for a checkpoint: cut as its recipe says, of its classes.
func labelledClips(ctx context.Context, m *checkpoint.Model, data string, how clipSettings) (*clipData, error) {
	how.clip, how.seed = m.Config.Recipe.Clip, m.Config.Recipe.Train.Seed
	opened, err := openClips(ctx, data, how)
	if err != nil {
		return nil, err
	}
	if err := sameClasses(opened.Meta().Classes, m.Config.Classes); err != nil {
		_ = opened.Close() // the mismatch is what matters
		return nil, err
	}
	return opened, nil
}

// options are those of an evaluation of the checkpoint on its clips; batch 0 stands for what batchSize chooses.
func (o *measured) options(batch int) evaluate.Options {
	r := o.model.Config.Recipe
	batch, _ = batchSize(batch, r.Eval.Batch, clipBytes(r.Clip, o.model.Classifier.Trunk), machine.UsableMemoryBytes())
	return evaluate.Options{
		Backend: o.engine.Compute, Store: o.model.Store, Network: o.model.Classifier, Data: o.data.Data,
		Batch: batch, ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
	}
}

// Close lets go of the clips and of the weights.
func (o *measured) Close() error {
	o.model.Store.Finalize()
	return o.data.Close()
}
