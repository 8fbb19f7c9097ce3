package train

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/models/feed"
	"padapter/models/infer"
)

// Data is a source of clip batches, see feed.Data.
type Data = feed.Data

// Options define what to train, on which data, how, and where to write the results.
type Options struct {
	Backend compute.Backend // a devices.Group divides every batch, which must then be a multiple of their number
	// Engine and Precision name what computes and in which format, for the log, the result and the states. A state can
	// only be resumed by a run of the same ones; states of earlier programs name none.
	Engine, Precision string

	Store   *model.Store  // the network's weights; Run changes the trained ones
	Network infer.Network // builds logits from frames
	Trained []*model.Variable
	Recipe  *recipe.Recipe // Train and Eval are used; Clip must be what the data was made with

	Train Data
	Val   Data // chooses the best epoch; nil keeps the last epoch instead

	// OutDir receives log.jsonl, result.json, best/, last/, state/ and tensorboard/. It is created if missing. A run
	// that is not resumed removes the log and the states of an earlier run.
	OutDir string
	// Save writes the current model into a folder. It replaces an older one atomically.
	Save func(dir string) error

	// Flip mirrors half of the training clips, by seed, epoch and id. Set it if the data holds unflipped clips and the
	// recipe has flip set.
	Flip bool
	// MicroBatch is the number of clips in one forward pass, on all devices together; it must divide the recipe's batch. It saves memory, costs
	// one more forward pass, and changes the result by rounding only. 0 means the whole batch.
	MicroBatch int
	// CacheFeatures is the number of bytes for caching the features of a frozen backbone, so that a clip that occurs
	// again with the same pixels is not run through it again; 0 disables the cache. It requires a tuning that trains
	// only the head. It helps if clips are sampled identically in every epoch.
	FeatureCacheBytes int64
	// Resume continues from the newest state in OutDir at the exact next batch, or starts from the beginning if there
	// is none. All later losses are identical to those of an uninterrupted run.
	Resume bool
	// Identity is stored in states. A state can only be resumed by a run with the same Identity. It should cover what
	// the recipe does not: data, backbone, version.
	Identity string
	// SaveEvery is the number of steps between two states; 0 disables this. States are also saved when ctx is
	// cancelled, at the end, and with OutDir/last after an epoch if the last save was at least 30 seconds ago.
	SaveEvery int
	// KeepStates is the number of newest states to keep; 0 means 2.
	KeepStates int

	// Saved, if not nil, is called after each state, when OutDir holds all that a resumed run needs.
	Saved func() error

	// LogEvery is the number of steps between two "step" lines of the log; 0 means 1.
	LogEvery int
	// Progress, if not nil, is called after every step and before validation.
	Progress func(Progress)
}

func (opt *Options) validate() error {
	switch {
	case opt.Backend == nil || opt.Store == nil || opt.Network == nil || opt.Train == nil || opt.Recipe == nil:
		return fmt.Errorf("backend, store, network, training data and recipe are all needed")
	case opt.Save == nil || opt.OutDir == "":
		return fmt.Errorf("an output folder and a way to save the model are needed")
	case len(opt.Trained) == 0:
		return fmt.Errorf("no weight is trainable")
	case opt.Recipe.Train.Batch < 2:
		return fmt.Errorf("batch size %d, need at least 2: batch normalisation of one clip is undefined", opt.Recipe.Train.Batch)
	case opt.Train.Len() < opt.Recipe.Train.Batch:
		return fmt.Errorf("%d training clips do not fill one batch of %d: lower the recipe's train.batch", opt.Train.Len(), opt.Recipe.Train.Batch)
	case opt.FeatureCacheBytes < 0:
		return fmt.Errorf("a cache of %d bytes: it may not be negative", opt.FeatureCacheBytes)
	case opt.LogEvery < 0 || opt.SaveEvery < 0 || opt.KeepStates < 0:
		return fmt.Errorf("a log line every %d steps, a state every %d, %d states kept: none may be negative", opt.LogEvery, opt.SaveEvery, opt.KeepStates)
	}
	if err := checkShares(opt.Backend, opt.Recipe.Train.Batch, opt.MicroBatch); err != nil {
		return err
	}
	classes := opt.Network.Classes()
	if n := len(opt.Train.Meta().Classes); n > classes {
		return fmt.Errorf("the training data has %d classes and the network %d", n, classes)
	}
	if opt.Val != nil && !slices.Equal(opt.Val.Meta().Classes, opt.Train.Meta().Classes) {
		return fmt.Errorf("training and validation data have different class lists: %d and %d classes", len(opt.Train.Meta().Classes), len(opt.Val.Meta().Classes))
	}
	return nil
}
