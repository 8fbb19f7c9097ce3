package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"padapter/cmd/internal/jobs/inputs"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/models/label"
	"padapter/pipeline/shard"
)

// labelInputs is what is to be labelled. Either records with a source that opens them, or shards of clips.
type labelInputs struct {
	*inputs.Input
	list    []label.Input
	numbers []int // shards of the input's, as in the list; nil for all
}

// shard is the shard of an input.
func (in *labelInputs) shard(i int) *shard.Set {
	if in.numbers != nil {
		i = in.numbers[i]
	}
	return in.Shards.Shard(i)
}

// media is the folder of encoded media that the records are in; empty for none.
func (in *labelInputs) media() string {
	if in.Kind == inputs.Media {
		return in.Path
	}
	return ""
}

// openLabelInputs lists what a path holds.
func openLabelInputs(ctx context.Context, path, split string) (*labelInputs, error) {
	opened, err := inputs.Open(context.WithoutCancel(ctx), path, inputs.Anything, inputs.Selection{Split: split, Version: versionString()})
	if err != nil {
		return nil, err
	}
	in := &labelInputs{Input: opened}
	if in.Shards != nil {
		for _, e := range in.Shards.Index().Shards {
			in.list = append(in.list, label.Input{ID: e.Name, Content: label.ContentOf("shard", e.Name, e.Checksum(), strconv.Itoa(e.Rows))})
		}
		return in, nil
	}
	in.list = make([]label.Input, len(in.Manifest.Records))
	folder := fmt.Sprintf("%+v", in.Job)
	for i := range in.Manifest.Records {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), in.Close())
		}
		r := &in.Manifest.Records[i]
		stamp := folder
		if in.Kind != inputs.Media {
			stamp = in.Stamp(r.URI)
		}
		in.list[i] = label.Input{ID: r.ID, Content: recordContent(r, stamp)}
	}
	return in, nil
}

// recordContent is the content id of a record: what it names, and what is known of the bytes there.
func recordContent(r *manifests.Record, stamp string) label.Content {
	return label.ContentOf("record", r.ID, r.URI, seconds(r.Start), seconds(r.End), string(r.Status), r.Reason,
		strconv.FormatInt(r.Facts.Bytes, 10), r.Facts.SHA256, stamp)
}

func seconds(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// check refuses what the inputs cannot be labelled with.
func (in *labelInputs) check(path string, clip recipe.Clip, opt *labelOptions) error {
	windows := opt.windows.length > 0
	switch {
	case windows && (in.Shards != nil || in.media() != ""):
		return usageErrorf("%s is a folder of shards, windows are cut from videos: give a manifest or a folder of videos", path)
	case in.Shards == nil:
		return nil
	case opt.views != 1 || opt.crops != 1:
		return usageErrorf("%s is a folder of clips: their views are those that preprocess made", path)
	}
	return in.HoldsClips(clip)
}

// rows is how many rows there will be, or 0 where that shows only when videos are read.
func (in *labelInputs) rows(windows bool) int64 {
	switch {
	case windows:
		return 0
	case in.Shards != nil:
		return int64(in.Shards.Rows() / max(1, in.Job.Views))
	}
	return int64(len(in.list))
}
