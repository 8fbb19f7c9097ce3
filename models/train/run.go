package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/devices"
	"padapter/models/evaluate"
	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/train/tensorboard"
)

// Names of the folders and files in OutDir.
const (
	BestDir    = "best"        // the model with the best validation accuracy
	LastDir    = "last"        // the model after the last finished epoch
	BoardDir   = "tensorboard" // the log's curves as TensorBoard event files
	LogFile    = "log.jsonl"   // see eventLog
	ResultFile = "result.json" // see Result
)

// run is the state of a call of Run.
type run struct {
	opt       Options
	schedule  schedule
	perEpoch  int64 // steps of an epoch in which every row is usable
	stepper   stepTaker
	predictor *infer.Predictor
	average   *average
	cache     *cache // nil without Options.FeatureCacheBytes
	log       *eventLog
	board     *tensorboard.Writer
	pace      pace
	compiled  float64 // seconds of earlier processes
	started   time.Time
	loaded    []*model.Variable // of the state that the run goes on from
	saved     time.Time         // when the last model and state were saved

	at   position
	last Progress
}

// Run trains the network and returns when all epochs are done, ctx is cancelled, or an error occurs. After an error,
// OutDir/best and OutDir/last hold the models of earlier epochs. After a cancellation, the newest state is that of the
// last step taken. A non-finite loss is reported as *NonFiniteError.
func Run(ctx context.Context, opt Options) (_ *Result, err error) {
	r, err := prepare(opt)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.logStart(); err != nil {
		return nil, err
	}
	for !r.done() {
		if err := r.epoch(ctx); err != nil {
			return nil, errors.Join(err, r.stopped(ctx, err))
		}
	}
	result := r.at.Result
	result.Seconds = r.elapsed()
	if r.cache != nil {
		result.CachedClips = r.cache.hits
	}
	if err := r.log.Write("end", map[string]any{"step": r.at.Step, "best_epoch": result.BestEpoch, "val_top1": result.ValTop1, "seconds": result.Seconds}); err != nil {
		return nil, err
	}
	if err := writeJSON(opt.OutDir, ResultFile, result); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	return &result, nil
}

// done reports whether all epochs are finished, or the recipe's patience is exhausted.
func (r *run) done() bool {
	recipe, result := r.opt.Recipe.Train, r.at.Result
	if r.at.Epoch >= recipe.Epochs {
		return true
	}
	return recipe.Patience > 0 && r.opt.Val != nil && r.at.InEpoch == 0 && result.Epochs-result.BestEpoch >= recipe.Patience
}

func prepare(opt Options) (*run, error) {
	if err := opt.validate(); err != nil {
		return nil, err
	}
	opt.LogEvery = max(opt.LogEvery, 1)
	if opt.KeepStates == 0 {
		opt.KeepStates = 2
	}
	recipe := opt.Recipe.Train
	r := &run{
		opt:      opt,
		started:  time.Now(),
		perEpoch: int64(opt.Train.Len() / recipe.Batch),
		schedule: schedule{
			Peak: peakRate(recipe.BaseLR, recipe.Batch), Min: recipe.MinLR,
			Warmup: recipe.WarmupEpochs, Epochs: float64(recipe.Epochs),
		},
	}
	if err := r.schedule.Validate(); err != nil {
		return nil, err
	}
	optimizer, err := NewOptimizer(recipe.Optimizer, recipe.Momentum, recipe.WeightDecay)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opt.OutDir, 0o755); err != nil {
		return nil, fmt.Errorf("make the output folder: %w", err)
	}
	if err := r.locate(); err != nil {
		return nil, err
	}
	if recipe.LayerDecay > 0 && recipe.LayerDecay < 1 {
		optimizer.scaleRates(layerDecay(recipe.LayerDecay, opt.Recipe.Model.Depth))
	}
	if recipe.EMA > 0 {
		if r.average, err = newAverage(opt.Store, opt.Trained, recipe.EMA); err != nil {
			return nil, err
		}
	}
	trained, all := opt.Network.Count()
	r.at.Result.TrainedParameters, r.at.Result.TotalParameters = int64(trained), int64(all)
	r.at.Result.Engine, r.at.Result.Precision = opt.Engine, opt.Precision
	r.at.Result.Devices = devices.Count(opt.Backend)
	r.last = Progress{Epoch: r.at.Epoch, Epochs: recipe.Epochs, Step: r.at.Step, Steps: r.perEpoch * int64(recipe.Epochs), ValTop1: -1}
	if opt.FeatureCacheBytes > 0 {
		r.cache = newCache(opt.FeatureCacheBytes)
	}
	if r.stepper, err = newStepTaker(&stepConfig{
		backend: opt.Backend, store: opt.Store, network: opt.Network, trained: opt.Trained, optimizer: optimizer,
		batch: recipe.Batch, clipNorm: recipe.ClipNorm, smoothing: recipe.LabelSmoothing, average: r.average, cache: r.cache,
	}, opt.MicroBatch); err != nil {
		return nil, err
	}
	if r.predictor, err = infer.New(opt.Backend, opt.Store, opt.Network); err != nil {
		r.stepper.close()
		return nil, err
	}
	if r.log, err = openLog(filepath.Join(opt.OutDir, LogFile), r.at.LogBytes); err == nil {
		r.board, err = tensorboard.Create(filepath.Join(opt.OutDir, BoardDir))
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// locate determines the start of the run: the newest state, or the beginning, in which case it removes the files of an
// earlier run.
func (r *run) locate() error {
	identity := r.opt.Recipe.Hash() + "/" + r.opt.Identity
	if r.opt.Resume {
		at, loaded, found, err := loadState(r.opt.OutDir, identity, r.opt.Store)
		if err != nil {
			return err
		}
		if found {
			r.at, r.loaded, r.compiled = at, loaded, at.Result.CompileSeconds
			return r.sameEngine()
		}
	}
	r.at = position{Identity: identity}
	for _, scope := range []string{optimizerScope, averageScope} {
		if err := r.opt.Store.DeleteVariablesInScope(scope); err != nil {
			return fmt.Errorf("reset the optimizer: %w", err)
		}
	}
	for _, name := range []string{StateDir, BestDir, LastDir, BoardDir, ResultFile, NonFiniteFile} {
		if err := os.RemoveAll(filepath.Join(r.opt.OutDir, name)); err != nil {
			return fmt.Errorf("remove what an earlier run left: %w", err)
		}
	}
	return nil
}

// sameEngine refuses a state that was computed otherwise: later losses would not be those of an uninterrupted run.
func (r *run) sameEngine() error {
	was, now := r.at.Result, r.opt
	if was.Engine == "" || was.Engine == now.Engine && was.Precision == now.Precision {
		return nil // states of earlier programs name no engine
	}
	return fmt.Errorf("go on in %s: its state was computed by %s in %s, and this run is of %s in %s: go on with --backend %s, or start over in another output folder",
		r.opt.OutDir, was.Engine, was.Precision, now.Engine, now.Precision, strings.Fields(was.Engine)[0])
}

func (r *run) close() error {
	r.stepper.close()
	r.predictor.Close()
	return errors.Join(r.log.Close(), r.board.Close())
}

// elapsed returns the seconds spent on the run, including earlier processes.
func (r *run) elapsed() float64 { return r.at.ElapsedSec + time.Since(r.started).Seconds() }

func (r *run) logStart() error {
	fields := map[string]any{
		"recipe": r.opt.Recipe, "recipe_hash": r.opt.Recipe.Hash(), "backend": r.opt.Backend.Name(), "engine": r.opt.Engine, "precision": r.opt.Precision, "devices": devices.Count(r.opt.Backend),
		"classes": r.opt.Train.Meta().Classes, "train_rows": r.opt.Train.Len(), "steps_per_epoch": r.perEpoch,
		"peak_rate": r.schedule.Peak, "trained_parameters": r.at.Result.TrainedParameters, "total_parameters": r.at.Result.TotalParameters,
	}
	if r.at.Step > 0 {
		return r.log.Write("resume", map[string]any{"step": r.at.Step, "epoch": r.at.Epoch + 1, "backend": r.opt.Backend.Name(), "engine": r.opt.Engine, "precision": r.opt.Precision, "devices": devices.Count(r.opt.Backend)})
	}
	return r.log.Write("start", fields)
}

// stopped logs why a run ended early and saves its state if it was cancelled.
func (r *run) stopped(ctx context.Context, reason error) error {
	var failed error
	if ctx.Err() != nil && r.at.Step > 0 && len(r.changed()) > 0 {
		failed = r.saveState()
	}
	return errors.Join(failed, r.log.Write("stop", map[string]any{"step": r.at.Step, "epoch": r.at.Epoch + 1, "reason": reason.Error()}))
}

// changed lists the variables that a state must hold: those that steps change, which are known after the first step of this
// process, and before it those of the state that the run goes on from.
func (r *run) changed() []*model.Variable {
	if list := r.stepper.changed(); len(list) > 0 {
		return list
	}
	return r.loaded
}

// saveState saves the current state for Resume.
func (r *run) saveState() error {
	size, err := r.log.Size()
	if err != nil {
		return err
	}
	at := r.at
	at.LogBytes, at.ElapsedSec = size, r.elapsed()
	if err := saveState(r.opt.OutDir, at, r.changed(), r.opt.KeepStates); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if r.opt.Saved != nil {
		return r.opt.Saved()
	}
	return nil
}

// epoch finishes the current epoch, validates and saves.
func (r *run) epoch(ctx context.Context) error {
	began, before := time.Now(), r.at.Mark.Clips
	stats, err := r.pass(ctx)
	trained := time.Since(began).Seconds()
	r.at.Result.TrainSeconds += trained
	r.at.Result.CompileSeconds = r.compiled + r.pace.compile().Seconds()
	if err != nil {
		return err
	}
	size := int64(r.opt.Recipe.Train.Batch)
	if r.at.InEpoch == 0 {
		return fmt.Errorf("train: epoch %d has no full batch of %d clips: %d rows, %d with errors, %d without a label (last error: %s)",
			r.at.Epoch+1, size, stats.Rows, stats.Failed, stats.Unlabelled, stats.LastError)
	}
	result, epoch := &r.at.Result, r.at.Epoch+1
	result.Epochs, result.Steps, result.TrainLoss = epoch, r.at.Step, r.at.LossSum/float64(r.at.InEpoch)
	result.count(stats)
	r.last.Epoch = epoch
	fields := map[string]any{
		"epoch": epoch, "step": r.at.Step, "train_loss": result.TrainLoss, "clips": stats.Clips, "failed": stats.Failed,
		"unlabelled": stats.Unlabelled, "dropped": stats.Dropped, "train_seconds": trained,
		"clips_per_second": float64(stats.Clips-before) / math.Max(trained, 1e-9),
	}
	behind := r.at
	r.at.Epoch, r.at.InEpoch, r.at.LossSum, r.at.Mark = epoch, 0, 0, feed.Stats{}
	if err := r.average.during(func() error { return r.validateAndSave(ctx, fields) }); err != nil {
		r.at = behind // a resumed run repeats this epoch's validation
		return err
	}
	if err := r.log.Write("epoch", fields); err != nil {
		return err
	}
	if err := r.plot(fields, "train_loss", "val_loss", "val_top1", "val_top5", "val_mean_class"); err != nil {
		return err
	}
	if !r.due() {
		return nil
	}
	r.saved = time.Now()
	return r.saveState()
}

// due reports whether to save the last model and the state: at the end of the run, or when saveInterval has passed.
func (r *run) due() bool { return r.done() || time.Since(r.saved) >= saveInterval }

// saveInterval is the minimum time between saves, so that short epochs do not spend their time saving.
const saveInterval = 30 * time.Second

// plot adds numbers of a log line to the TensorBoard curves.
func (r *run) plot(fields map[string]any, names ...string) error {
	for _, name := range names {
		if value, ok := fields[name].(float64); ok {
			if err := r.board.Scalar(name, r.at.Step, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// validateAndSave validates the model and saves it as last, best or both.
func (r *run) validateAndSave(ctx context.Context, fields map[string]any) error {
	result := &r.at.Result
	better := true
	if r.opt.Val != nil {
		report, err := r.validate(ctx)
		if err != nil {
			return err
		}
		m := report.Metrics
		r.last.ValTop1 = m.Top1
		better = result.BestEpoch == 0 || m.Top1 > result.ValTop1 || (m.Top1 == result.ValTop1 && m.Loss < result.ValLoss)
		if better {
			result.ValTop1, result.ValLoss = m.Top1, m.Loss
		}
		fields["val_top1"], fields["val_top5"], fields["val_mean_class"], fields["val_loss"] = m.Top1, m.Top5, m.MeanClass, m.Loss
		fields["val_clips"], fields["val_unreadable"] = report.Evaluated, report.Unreadable
	}
	fields["best"] = better
	if better {
		result.BestEpoch = result.Epochs
	}
	if r.due() {
		if err := r.saveModel(LastDir); err != nil {
			return err
		}
	}
	if better && (r.opt.Val != nil || r.due()) { // without validation each epoch is the best so far
		return r.saveModel(BestDir)
	}
	return nil
}

func (r *run) saveModel(name string) error {
	if err := r.opt.Save(filepath.Join(r.opt.OutDir, name)); err != nil {
		return fmt.Errorf("train: save the %s model: %w", name, err)
	}
	return nil
}

// pass takes the remaining steps of the epoch.
func (r *run) pass(ctx context.Context) (stats feed.Stats, err error) {
	began, before := time.Now(), r.at.InEpoch
	for b, err := range feed.Batches(ctx, r.opt.Train, r.at.Epoch, feed.Options{
		Size: r.opt.Recipe.Train.Batch, Labelled: true, From: r.at.Mark,
		ShuffleFrames: r.opt.Recipe.Train.ShuffleFrames, Flip: r.opt.Flip, Seed: r.opt.Recipe.Train.Seed,
		Mix:    feed.Mixing{Mixup: r.opt.Recipe.Train.Mixup, CutMix: r.opt.Recipe.Train.CutMix},
		Waited: func(d time.Duration) { r.at.Result.WaitSeconds += d.Seconds() },
	}, &stats) {
		if err != nil {
			return stats, fmt.Errorf("train: epoch %d: %w", r.at.Epoch+1, err)
		}
		if ctx.Err() != nil { // leave a batch that is ready to the resumed run
			break
		}
		if err := r.step(b, began, before); err != nil {
			return stats, err
		}
	}
	if ctx.Err() != nil {
		return stats, fmt.Errorf("train: epoch %d: %w", r.at.Epoch+1, context.Cause(ctx))
	}
	return stats, nil
}

// step trains on one batch. began and before are the time and the step in the epoch at which this pass started.
func (r *run) step(b *feed.Batch, began time.Time, before int64) error {
	rate := r.schedule.Rate(r.moment())
	called := time.Now()
	loss, norm, err := r.stepper.run(b, r.at.Step+1, rate)
	r.pace.took(time.Since(called))
	if err != nil {
		return fmt.Errorf("train: epoch %d: %w", r.at.Epoch+1, err)
	}
	if !finite(loss) || !finite(norm) {
		failure := &NonFiniteError{Step: r.at.Step + 1, Epoch: r.at.Epoch + 1, Loss: loss, Norm: norm, IDs: b.IDs()}
		return errors.Join(failure.save(r.opt.OutDir), failure)
	}
	r.at.Step++
	r.at.InEpoch++
	r.at.LossSum += loss
	r.at.Mark = b.Mark
	perStep := time.Since(began) / time.Duration(r.at.InEpoch-before)
	clips := float64(r.opt.Recipe.Train.Batch) / math.Max(perStep.Seconds(), 1e-9)
	if r.at.Step%int64(r.opt.LogEvery) == 0 {
		fields := map[string]any{
			"step": r.at.Step, "epoch": r.at.Epoch + 1, "loss": loss, "rate": rate, "gradient_norm": norm, "clips_per_second": clips,
		}
		if err := r.log.Write("step", fields); err != nil {
			return err
		}
		if err := r.plot(fields, "loss", "rate", "gradient_norm", "clips_per_second"); err != nil {
			return err
		}
	}
	if r.opt.SaveEvery > 0 && r.at.Step%int64(r.opt.SaveEvery) == 0 {
		if err := r.saveState(); err != nil {
			return err
		}
	}
	if r.opt.Progress != nil {
		p := &r.last
		p.Step, p.Loss, p.Rate, p.Validating, p.ClipsPerSecond = r.at.Step, loss, rate, false, clips
		p.Left = perStep * time.Duration(max(p.Steps-p.Step, 0))
		r.opt.Progress(*p)
	}
	return nil
}

// moment returns the fractional epoch of the next step. It stays within the epoch even if Len was too small.
func (r *run) moment() float64 {
	return float64(r.at.Epoch) + min(float64(r.at.InEpoch)/float64(r.perEpoch), 1)
}

func (r *run) validate(ctx context.Context) (*evaluate.Report, error) {
	if r.opt.Progress != nil {
		p := r.last
		p.Validating = true
		r.opt.Progress(p)
	}
	report, err := evaluate.Run(ctx, evaluate.Options{
		Backend: r.opt.Backend, Store: r.opt.Store, Network: r.opt.Network, Predictor: r.predictor,
		Data: r.opt.Val, Batch: r.opt.Recipe.Eval.Batch,
		ShuffleFrames: r.opt.Recipe.Train.ShuffleFrames, Seed: r.opt.Recipe.Train.Seed,
	})
	if err != nil {
		return nil, fmt.Errorf("train: validate: %w", err)
	}
	if report.Evaluated == 0 {
		return nil, fmt.Errorf("train: validate: no labelled clip could be read: %s", report.Denominator())
	}
	return report, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
