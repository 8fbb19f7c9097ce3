package label

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/storage"
	"padapter/models/label"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
	"padapter/pipeline/shard"
)

// What a list of inputs for other processes has beside a manifest's columns, in the record's extra fields.
const (
	extraContent = "padapter.content" // label.Content
	extraAttempt = "padapter.attempt"
)

// listPrefix begins the names of the lists in a ledger's folder.
const listPrefix = "todo-"

// hand makes the run's units known to other processes: it fills the specification, with a list of the inputs that are to be
// done. When a list is there that has all of these, from a run that was killed, it is taken again as it is: its units are
// the same then, so that a job which is still under way is joined.
func (r *run) hand() (err error) {
	spec, in := &r.job.spec, r.job.inputs
	n := r.job.networks
	spec.Networks.Backend, spec.Networks.Precision, spec.Networks.Batch = n.engine.Engine, string(n.engine.Precision), n.batch
	spec.Networks.Devices = strconv.Itoa(n.engine.Devices)
	for _, path := range append([]*string{&spec.Ledger, &spec.Networks.Checkpoint, &spec.Networks.Backbone}, pointers(spec.Networks.Also)...) {
		if *path, err = jobs.Absolute(*path); err != nil {
			return err
		}
	}
	if in.Shards != nil {
		if spec.Shards, err = jobs.Absolute(in.Path); err != nil {
			return err
		}
	}
	if spec.Media, err = jobs.Absolute(in.media()); err != nil {
		return err
	}
	old, err := workLists(spec.Ledger)
	if err != nil {
		return err
	}
	for _, path := range old {
		list, err := readWorkList(path)
		if err != nil || !r.take(list) {
			continue
		}
		spec.Todo = path
		return nil
	}
	man, err := r.workManifest()
	if err != nil {
		return err
	}
	spec.Todo = storage.Join(spec.Ledger, fmt.Sprintf("%s%.16s.parquet", listPrefix, man.Hash()))
	return man.WriteFile(spec.Todo)
}

func pointers(list []string) (all []*string) {
	for i := range list {
		all = append(all, &list[i])
	}
	return all
}

// workLists are the lists in a ledger's folder.
func workLists(ledger string) (paths []string, err error) {
	err = storage.List(ledger, func(e storage.Entry) error {
		if strings.HasPrefix(e.Name, listPrefix) {
			paths = append(paths, storage.Join(ledger, e.Name))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for lists of inputs: %w", err)
	}
	return paths, nil
}

// workManifest lists what is to be done.
func (r *run) workManifest() (*manifests.Manifest, error) {
	in := r.job.inputs
	man := &manifests.Manifest{Source: "label", Tool: "padapter " + r.opt.Version}
	if in.Manifest != nil && in.media() == "" {
		root, err := jobs.Absolute(in.Manifest.Root)
		if err != nil {
			return nil, err
		}
		man.Root = root
	}
	for _, t := range r.job.work {
		record := manifests.Record{Kind: manifests.Video, Status: manifests.Found, URI: in.list[t.input].ID}
		if in.Manifest != nil {
			record = in.Manifest.Records[t.input]
		}
		record.ID, record.Label, record.LabelName = in.list[t.input].ID, manifests.NoLabel, "" // labels are not needed, nor their classes
		content, err := in.list[t.input].Content.MarshalText()
		if err != nil {
			return nil, err
		}
		record.Extra = map[string]string{extraContent: string(content), extraAttempt: strconv.Itoa(t.attempt)}
		man.Records = append(man.Records, record)
	}
	return man, nil
}

// listed is a list of inputs as read back.
type listed struct {
	man   *manifests.Manifest
	list  []label.Input
	items []item // of the list
}

func readWorkList(path string) (*listed, error) {
	man, err := manifests.ReadFile(path)
	if err != nil {
		return nil, err
	}
	l := &listed{man: man}
	for i := range man.Records {
		r := &man.Records[i]
		in := label.Input{ID: r.ID}
		if err := in.Content.UnmarshalText([]byte(r.Extra[extraContent])); err != nil {
			return nil, fmt.Errorf("%s: record %s: %w", path, r.ID, err)
		}
		attempt, err := strconv.Atoi(r.Extra[extraAttempt])
		if err != nil {
			return nil, fmt.Errorf("%s: record %s: attempt: %w", path, r.ID, err)
		}
		l.list, l.items = append(l.list, in), append(l.items, item{input: i, attempt: attempt})
	}
	return l, nil
}

// take makes a list's inputs the run's, if they are inputs still and what is to be done is among them.
func (r *run) take(l *listed) bool {
	at := map[label.Content]int{}
	for i, in := range r.job.inputs.list {
		at[in.Content] = i
	}
	attempts := map[label.Content]int{}
	all := make([]item, 0, len(l.items))
	for i, in := range l.list {
		input, ok := at[in.Content]
		if !ok {
			return false
		}
		attempts[in.Content] = l.items[i].attempt + 1
		all = append(all, item{input: input, attempt: l.items[i].attempt})
	}
	for _, t := range r.job.work {
		if attempts[r.job.inputs.list[t.input].Content] != t.attempt+1 {
			return false
		}
	}
	r.job.work = all
	return true
}

// tidy removes the lists once all is done.
func (r *run) tidy() error {
	old, err := workLists(r.ledger)
	for _, path := range old {
		err = errors.Join(err, storage.Remove(path))
	}
	if err != nil {
		return fmt.Errorf("remove lists of inputs: %w", err)
	}
	return nil
}

// JobOptions say how a process does the units of a run that another one began.
type JobOptions struct {
	Workers int          // clips decoded at once; 0: one a processor
	Isolate isolate.Mode // whether decoders run in child processes
	Version string       // of the program
}

// OpenJob makes this process ready to do units of a run that another one began.
func OpenJob(ctx context.Context, text json.RawMessage, opt JobOptions) (_ pipeline.Job, err error) {
	var spec spec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("read the job's description: %w", err))
	}
	j := &job{spec: spec, version: opt.Version, workers: jobs.Workers(opt.Workers), inputs: &inputList{Input: &inputs.Input{}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.Close())
		}
	}()
	l, err := readWorkList(spec.Todo)
	if err != nil {
		return nil, err
	}
	j.inputs.list, j.work, j.inputs.Manifest = l.list, l.items, l.man
	switch {
	case spec.Shards != "":
		err = j.inputs.openShards(spec.Shards)
	case spec.Media != "":
		j.inputs.Source, err = shard.OpenMedia(spec.Media)
	default:
		var files *source.Mux
		files, err = source.Open(context.WithoutCancel(ctx), l.man.Root)
		if err == nil {
			j.inputs.Source, j.files = files, files
		}
	}
	if err != nil {
		return nil, err
	}
	if j.networks, err = openNetworks(spec.Networks, opt.Version); err != nil {
		return nil, err
	}
	if err := j.networks.prepare(); err != nil {
		return nil, err
	}
	if j.ledger, err = label.JoinLedger(spec.Ledger, spec.Job, j.networks.provenances()); err == nil {
		err = j.ledger.Check(j.describe())
	}
	if errors.Is(err, label.ErrOtherJob) {
		err = pipeline.Permanent(err)
	}
	if err != nil {
		return nil, err
	}
	limits := spec.limits()
	limits.Isolate = opt.Isolate
	j.decoders = limits.Decoders(j.workers, j.networks.engine.OnProcessors())
	return j, nil
}

// openShards opens the shards that the list names.
func (in *inputList) openShards(dir string) error {
	set, err := shard.OpenDir(dir)
	if err != nil {
		return err
	}
	numbers := map[string]int{}
	for i, e := range set.Index().Shards {
		numbers[e.Name] = i
	}
	for _, input := range in.list {
		number, ok := numbers[input.ID]
		if !ok {
			return pipeline.Permanent(fmt.Errorf("%s has no shard %s", dir, input.ID))
		}
		in.numbers = append(in.numbers, number)
	}
	in.Shards, in.Manifest = set, nil
	return nil
}
