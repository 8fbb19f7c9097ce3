package label

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/models/label"
	"padapter/pipeline/shard"
)

// inputList is what is to be labelled. Either records with a source that opens them, or shards of clips.
type inputList struct {
	*inputs.Input
	list    []label.Input
	numbers []int // shards of the input's, as in the list; nil for all
}

// shard is the shard of an input.
func (in *inputList) shard(i int) *shard.Set {
	if in.numbers != nil {
		i = in.numbers[i]
	}
	return in.Shards.Shard(i)
}

// media is the folder of encoded media that the records are in; empty for none.
func (in *inputList) media() string {
	if in.Kind == inputs.Media {
		return in.Path
	}
	return ""
}

// openInputs lists what the options' path holds.
func openInputs(ctx context.Context, opt Options) (*inputList, error) {
	opened, err := inputs.Open(ctx, opt.Input, inputs.Anything, inputs.Selection{Split: opt.Split, Version: opt.Version})
	if err != nil {
		return nil, err
	}
	in := &inputList{Input: opened}
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
	return label.ContentOf("record", r.ID, r.URI, seconds(r.StartSeconds), seconds(r.EndSeconds), string(r.Status), r.Reason,
		strconv.FormatInt(r.Facts.Bytes, 10), r.Facts.SHA256, stamp)
}

func seconds(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// check refuses what the inputs cannot be labelled with.
func (in *inputList) check(clip recipe.Clip, opt *Options) error {
	switch {
	case opt.Windows != nil && (in.Shards != nil || in.media() != ""):
		return jobs.Usagef("%s is a folder of shards, windows are cut from videos: give a manifest or a folder of videos", in.Path)
	case in.Shards == nil:
		return nil
	case opt.Views != 1 || opt.Crops != 1:
		return jobs.Usagef("%s is a folder of clips: their views are those that preprocess made", in.Path)
	}
	return in.HoldsClips(clip)
}

// rows is how many rows there will be, or 0 where that shows only when videos are read.
func (in *inputList) rows(windows bool) int64 {
	switch {
	case windows:
		return 0
	case in.Shards != nil:
		return int64(in.Shards.Rows() / max(1, in.Job.Views))
	}
	return int64(len(in.list))
}
