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

// Options say what to train, on what, how, and where the results go.
type Options struct {
	Backend compute.Backend
	Store   *model.Store  // the network's weights; Run changes the trained ones
	Network infer.Network // builds logits from frames
	Trained []*model.Variable
	Recipe  *recipe.Recipe // Train and Eval are used; Clip must be what the data was made with

	Train Data
	Val   Data // chooses the best epoch; nil keeps the last epoch instead

	// OutDir receives log.jsonl, result.json, best/, last/, state/ and tensorboard/; it is made when absent. A run that is not
	// resumed starts over: it replaces the log and the states of an earlier one.
	OutDir string
	// Save writes the present model into a folder, replacing an older one whole or not at all.
	Save func(dir string) error

	// Flip mirrors half of the training clips, by seed, epoch and id. Set it when the data holds unflipped clips and the
	// recipe asks for flips.
	Flip bool
	// MicroBatch is the number of clips that go through the network at once; it must divide the recipe's batch. It
	// saves memory at the price of one more forward pass and does not change the result, but for rounding. 0 stands
	// for the whole batch.
	MicroBatch int
	// CacheFeatures is how many bytes of what the frozen trunk makes of clips are kept, so that a clip that comes again
	// with the same pixels goes through it once; 0 keeps none. It needs a tuning that trains the head alone, and gains
	// where clips are sampled alike in every epoch.
	CacheFeatures int64
	// Resume goes on from the newest state in OutDir, at the very next batch, and starts from the beginning when there
	// is none. Every later loss is the one that an undisturbed run has.
	Resume bool
	// Identity is stored in states; a state is only resumed by a run of the same Identity. It should cover what the
	// recipe does not: data, backbone, version.
	Identity string
	// SaveEvery is the number of steps between two states, which are also saved when ctx is cancelled, at the end, and
	// together with OutDir/last after each epoch, but not within 30 seconds of the last time; 0 leaves it at these.
	SaveEvery int
	// KeepStates is the number of newest states to keep; 0 stands for 2.
	KeepStates int

	// Saved, when not nil, is called after each state, when OutDir has all that a resumed run needs.
	Saved func() error

	// LogEvery is the number of steps between two "step" lines of the log; 0 stands for 1.
	LogEvery int
	// Progress, when not nil, is called after every step and during validation.
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
	case opt.CacheFeatures < 0:
		return fmt.Errorf("a cache of %d bytes: it may not be negative", opt.CacheFeatures)
	case opt.LogEvery < 0 || opt.SaveEvery < 0 || opt.KeepStates < 0:
		return fmt.Errorf("a log line every %d steps, a state every %d, %d states kept: none may be negative", opt.LogEvery, opt.SaveEvery, opt.KeepStates)
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
