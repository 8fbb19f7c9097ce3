package preprocess

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
)

// Kind is the kind of preprocess's work.
const Kind = pipeline.KindPreprocess

// JobOptions say how a process does the units of a run that another one began.
type JobOptions struct {
	Workers int          // clips decoded at once; 0: one a processor
	Isolate isolate.Mode // whether decoders run in child processes
}

// job makes shards from files that this process opened.
type job struct {
	*pipeline.ShardBuilder
	records *manifests.Spool
	files   *source.Mux
}

// Close frees all of them.
func (j *job) Close() error {
	return errors.Join(j.ShardBuilder.Close(), j.records.Close(), j.files.Close())
}

// OpenJob makes this process ready to do units of a run that another one began.
func OpenJob(ctx context.Context, text json.RawMessage, opt JobOptions) (pipeline.Job, error) {
	var spec pipeline.PreprocessSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("read the job's description: %w", err))
	}
	records, err := inputs.Spool(spec.File.Path, spec.File.Split, nil)
	if err != nil {
		return nil, err
	}
	files, err := source.Open(ctx, spec.File.Root)
	if err != nil {
		return nil, errors.Join(err, records.Close())
	}
	builder, err := pipeline.OpenShardBuilder(spec, records, files, pipeline.Options{
		Workers: jobs.Workers(opt.Workers), Decoder: decode.Options{Measure: decode.WallClock}, Isolate: opt.Isolate,
	})
	if err != nil {
		return nil, errors.Join(err, records.Close(), files.Close())
	}
	return &job{builder, records, files}, nil
}
