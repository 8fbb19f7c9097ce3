package main

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
	"padapter/pipeline/engine/temporal"
	"padapter/pipeline/isolate"
	"padapter/pipeline/shard"
)

// What a list of inputs for other processes has beside a manifest's columns, in the record's extra fields.
const (
	extraContent = "padapter.content" // label.Content
	extraAttempt = "padapter.attempt"
)

// todoPrefix begins the names of the lists in a ledger's folder.
const todoPrefix = "todo-"

// hand makes the run's units known to other processes: it fills the specification, with a list of the inputs that are to be
// done. When a list is there that has all of these, from a run that was killed, it is taken again as it is: its units are
// the same then, so that a job which is still under way is joined.
func (r *labelRun) hand(input string) (err error) {
	spec, in := &r.job.spec, r.job.inputs
	spec.Networks.Backend, spec.Networks.Batch = r.job.networks.engine.Engine, r.job.networks.batch
	for _, path := range append([]*string{&spec.Ledger, &spec.Networks.Checkpoint, &spec.Networks.Backbone}, pointers(spec.Networks.Also)...) {
		if *path, err = jobs.Absolute(*path); err != nil {
			return err
		}
	}
	if in.Shards != nil {
		if spec.Shards, err = jobs.Absolute(input); err != nil {
			return err
		}
	}
	if spec.Media, err = jobs.Absolute(in.media()); err != nil {
		return err
	}
	old, err := todoLists(spec.Ledger)
	if err != nil {
		return err
	}
	for _, path := range old {
		list, err := readTodo(path)
		if err != nil || !r.take(list) {
			continue
		}
		spec.Todo = path
		return nil
	}
	man, err := r.todoManifest()
	if err != nil {
		return err
	}
	spec.Todo = storage.Join(spec.Ledger, fmt.Sprintf("%s%.16s.parquet", todoPrefix, man.Hash()))
	return man.WriteFile(spec.Todo)
}

func pointers(list []string) (all []*string) {
	for i := range list {
		all = append(all, &list[i])
	}
	return all
}

// todoLists are the lists in a ledger's folder.
func todoLists(ledger string) (paths []string, err error) {
	err = storage.List(ledger, func(e storage.Entry) error {
		if strings.HasPrefix(e.Name, todoPrefix) {
			paths = append(paths, storage.Join(ledger, e.Name))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for lists of inputs: %w", err)
	}
	return paths, nil
}

// todoManifest lists what is to be done.
func (r *labelRun) todoManifest() (*manifests.Manifest, error) {
	in := r.job.inputs
	man := &manifests.Manifest{Source: "label", Tool: "padapter " + versionString()}
	if in.Manifest != nil && in.media() == "" {
		root, err := jobs.Absolute(in.Manifest.Root)
		if err != nil {
			return nil, err
		}
		man.Root = root
	}
	for _, t := range r.job.todo {
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
	man  *manifests.Manifest
	list []label.Input
	todo []todo // of the list
}

func readTodo(path string) (*listed, error) {
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
		l.list, l.todo = append(l.list, in), append(l.todo, todo{input: i, attempt: attempt})
	}
	return l, nil
}

// take makes a list's inputs the run's, if they are inputs still and what is to be done is among them.
func (r *labelRun) take(l *listed) bool {
	at := map[label.Content]int{}
	for i, in := range r.job.inputs.list {
		at[in.Content] = i
	}
	attempts := map[label.Content]int{}
	all := make([]todo, 0, len(l.todo))
	for i, in := range l.list {
		input, ok := at[in.Content]
		if !ok {
			return false
		}
		attempts[in.Content] = l.todo[i].attempt + 1
		all = append(all, todo{input: input, attempt: l.todo[i].attempt})
	}
	for _, t := range r.job.todo {
		if attempts[r.job.inputs.list[t.input].Content] != t.attempt+1 {
			return false
		}
	}
	r.job.todo = all
	return true
}

// tidy removes the lists once all is done.
func (r *labelRun) tidy() error {
	old, err := todoLists(r.ledger)
	for _, path := range old {
		err = errors.Join(err, storage.Remove(path))
	}
	if err != nil {
		return fmt.Errorf("remove lists of inputs: %w", err)
	}
	return nil
}

// openLabelJob makes this process ready to do units of a label run that another one began.
func openLabelJob(ctx context.Context, text json.RawMessage, workers int, mode isolate.Mode) (_ temporal.Job, err error) {
	var spec labelSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("read the job's description: %w", err))
	}
	j := &labelJob{spec: spec, workers: workers, inputs: &labelInputs{Input: &inputs.Input{}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.Close())
		}
	}()
	l, err := readTodo(spec.Todo)
	if err != nil {
		return nil, err
	}
	j.inputs.list, j.todo, j.inputs.Manifest = l.list, l.todo, l.man
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
	if j.networks, err = openNetworks(spec.Networks); err != nil {
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
	limits.Isolate = mode
	j.decoders = limits.Decoders(workers, j.networks.engine.OnProcessors())
	return j, nil
}

// openShards opens the shards that the list names.
func (in *labelInputs) openShards(dir string) error {
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
