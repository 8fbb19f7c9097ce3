package pipeline

import (
	"fmt"
	"runtime"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/decode"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
	"padapter/pipeline/isolate"
)

// Options say how clips are made from a manifest. The zero value works.
type Options struct {
	Workers    int   // clips decoded at once; 0 stands for the number of processors
	BatchRows  int   // most rows of a batch; 0 stands for 32
	BatchBytes int64 // most bytes of pixels of a batch, but at least one row; 0 stands for 32 MiB

	Seed     uint64 // of what the recipe leaves to chance
	Epoch    int    // pass over the data
	Training bool   // sample as the recipe's train_temporal, train_crop and flip say; otherwise centred
	Views    int    // rows of each record, numbered from 0; 0 stands for 1, or for the recipe's views when not training

	// Order lists the records (row numbers of the manifest) to take, in that order; nil takes all.
	// The views of a record that is named again are numbered on.
	Order []int
	// SkipRows leaves out the first rows of that.
	SkipRows int

	Timeout time.Duration  // for one clip, after which its row has the error "timeout"; 0 waits for ever
	Decoder decode.Options // of each worker
	Isolate isolate.Mode   // whether each decodes in a process of its own
	// Decoders are used instead of the call's own, to share them between calls. They bound the number of clips decoded
	// at once.
	Decoders *Decoders

	Memory   memory.Allocator // of the batches; nil stands for Go's
	Version  string           // program named in the batches
	Progress func(Progress)   // called after every row, in order, from one goroutine at a time; may be nil
	Stats    *Stats           // what was done is added to it; may be nil
}

// Progress says how far a run is.
type Progress struct {
	Done, Total, Failed int64 // rows
}

func (o Options) withDefaults(clip recipe.Clip) (Options, error) {
	if o.Workers < 0 || o.BatchRows < 0 || o.BatchBytes < 0 || o.Views < 0 || o.SkipRows < 0 || o.Timeout < 0 || o.Decoder.MaxPixels < 0 || o.Decoder.MaxFrames < 0 {
		return o, fmt.Errorf("pipeline options: workers %d, batch rows %d, batch bytes %d, views %d, skipped rows %d, timeout %s, pixels %d, frames %d: use 0 for the default or a positive number",
			o.Workers, o.BatchRows, o.BatchBytes, o.Views, o.SkipRows, o.Timeout, o.Decoder.MaxPixels, o.Decoder.MaxFrames)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.BatchRows == 0 {
		o.BatchRows = 32
	}
	if o.BatchBytes == 0 {
		o.BatchBytes = 32 << 20
	}
	o.Views = o.views(clip)
	if o.Memory == nil {
		o.Memory = memory.NewGoAllocator()
	}
	return o, nil
}

// views is the number of rows of each record.
func (o Options) views(clip recipe.Clip) int {
	if o.Views == 0 && !o.Training {
		return clip.Views()
	}
	return max(1, o.Views)
}

// rows is the number of rows of a full batch.
func (o Options) rows(shape batch.Shape) int {
	return int(max(1, min(int64(o.BatchRows), o.BatchBytes/int64(shape.Bytes()))))
}

// metaOf describes the batches that Clips makes.
func metaOf(man *manifests.Manifest, clip recipe.Clip, opt Options) batch.Meta {
	return batch.NewMeta(clip, man.Classes, opt.Seed, opt.Version)
}
