package preprocess

import (
	"slices"

	"padapter/cmd/internal/jobs"
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/media"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

// Options say what to decode into which folder. Manifest and Out must be given, and Recipe for clips.
type Options struct {
	Manifest string
	Split    string           // of the manifest; empty: all records
	Root     string           // folder that the records' paths start from; empty: the manifest's
	Recipe   string           // built-in name or YAML file
	Out      string           // folder
	Windows  *sampler.Sliding // in seconds: a record for each window of long videos; nil: none

	Content   string  // pipeline.Fixed, media.Frames or media.Original; empty: pipeline.Fixed
	Training  bool    // sample clips as the recipe trains
	Views     int     // clips of each record; 0: the recipe's, or 1 in training
	Epoch     int     // to draw for in training
	Seed      *uint64 // nil: the recipe's
	ShortSide int     // pixels of media.Frames' short side; 0: the recipe's, or as it is
	FPS       float64 // pictures a second of media.Frames; 0: all frames
	Quality   int     // JPEG quantizer of media.Frames, 1 (best) to 31; 0: 4

	Files        string // kind of files, one of shard.Files; empty: shard.Arrow
	Compression  string // one of shard.Compressions; empty: none
	ShardRecords int    // records of a file; 0: about 256 MiB
	Part, Parts  int    // do the shards whose number leaves the remainder Part; Parts 0: all

	Workers        int // clips decoded at once; 0: one a processor
	Limits         jobs.DecodeLimits
	MetricsAddress string // serve Prometheus metrics here; empty: do not

	Engine   pipeline.Engine // where units are done; nil: in this process
	Version  string          // of the program
	Observer jobs.Observer
}

// Check rejects values that no manifest can make right. Its messages name the flags of the command.
func (o *Options) Check() error {
	clips := o.Content == "" || o.Content == pipeline.Fixed
	switch {
	case !manifests.IsManifest(o.Manifest):
		return jobs.Usagef("--manifest %s: the name must end in .parquet, .csv or .jsonl", o.Manifest)
	case o.Workers < 0 || o.ShardRecords < 0 || o.Epoch < 0 || o.Views < 0:
		return jobs.Usagef("--workers %d, --shard-records %d, --epoch %d, --views %d: use 0 or more", o.Workers, o.ShardRecords, o.Epoch, o.Views)
	case !clips && !slices.Contains([]string{media.Frames, media.Original}, o.Content):
		return jobs.Usagef("--content %s: use %s, %s or %s", o.Content, pipeline.Fixed, media.Frames, media.Original)
	case clips && o.Recipe == "":
		return jobs.Usagef("--recipe is needed: it says what a clip is")
	case o.Content != media.Frames && (o.ShortSide != 0 || o.FPS != 0 || o.Quality != 0):
		return jobs.Usagef("--short-side, --fps and --quality are for --content %s", media.Frames)
	case !clips && (o.Training || o.Views != 0 || o.Epoch != 0):
		return jobs.Usagef("--training, --views and --epoch are for --content %s: other contents are sampled when they are read", pipeline.Fixed)
	case o.Windows != nil && o.Windows.Validate() != nil:
		return jobs.Usagef("--window %g, --hop %g, --tail %s: %v", o.Windows.Length, o.Windows.Hop, o.Windows.Tail, o.Windows.Validate())
	case o.Windows != nil && o.Engine != nil:
		return jobs.Usagef("--window works with the local engine alone: other processes read the manifest themselves")
	}
	if err := shard.CheckFiles(o.Files, o.Compression); err != nil {
		return jobs.Usagef("--files %s, --compression %s: %v", o.Files, o.Compression, err)
	}
	return nil
}
