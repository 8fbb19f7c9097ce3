package probe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/wholefile"
	"padapter/pipeline"
)

// KindProbe is the kind of a probe's work.
const KindProbe = "probe"

// Units hand a run's files to an engine, whose processes leave outcomes in a folder that all of them see. The journal
// keeps other runs from the output, and its settings; the folder has a list of the files and a part for every unit.
type Units struct {
	Engine pipeline.Engine
	Folder string // made if need be, and removed by Remove
	Root   string // that the files' paths start from, as other processes understand it
	Files  int    // of a unit; 0 stands for 64
}

// UnitSpec is the Spec of a probe's work.
type UnitSpec struct {
	List string `json:"list"` // file, in the folder of the parts
	Hash string `json:"hash"` // hex SHA-256 of its content
}

const listVersion = 1

// fileList is what a job looks into, and how.
type fileList struct {
	Version   int           `json:"padapter_probe_list"`
	Root      string        `json:"root"`
	Decode    bool          `json:"decode"`
	Timeout   time.Duration `json:"timeout_ns"`
	MaxHeld   int64         `json:"max_held"` // Options.MaxHeld; the next three are of its Decoder
	MaxPixels int64         `json:"decoder_max_pixels"`
	MaxFrames int64         `json:"decoder_max_frames"`
	Packets   int64         `json:"decoder_max_held"`
	Isolate   bool          `json:"isolate"`
	URIs      []string      `json:"uris"`
}

// part is what a unit found, in the order of the list.
type part struct {
	First    int       `json:"first"`
	Outcomes []Outcome `json:"outcomes"`
}

// run puts the outcome of every uri into known, as lookAll does.
func (u *Units) run(ctx context.Context, uris []string, opt Options, known map[string]Outcome) error {
	if len(uris) == 0 {
		return nil
	}
	for _, uri := range uris {
		if !utf8.ValidString(uri) {
			return fmt.Errorf("path %q is not UTF-8 and cannot be told to other processes: probe with the local engine", uri)
		}
	}
	list := fileList{
		Version: listVersion, Root: u.Root, Decode: opt.Decode, Timeout: opt.Timeout, MaxHeld: opt.MaxHeld, Isolate: opt.Isolate, URIs: uris,
		MaxPixels: opt.Decoder.MaxPixels, MaxFrames: opt.Decoder.MaxFrames, Packets: opt.Decoder.MaxHeld,
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	sum := sha256.Sum256(text)
	spec := UnitSpec{Hash: hex.EncodeToString(sum[:])}
	spec.List = filepath.Join(u.Folder, "list-"+spec.Hash[:16]+".json")
	if err := os.MkdirAll(u.Folder, 0o755); err != nil {
		return fmt.Errorf("folder of the units: %w", err)
	}
	if err := publish(spec.List, text); err != nil {
		return err
	}
	job := &Job{spec: spec, list: list, opt: opt}
	job.opt.Journal, job.opt.Progress, job.opt.Units = nil, nil, nil
	if job.source, err = source.Open(ctx, u.Root); err != nil {
		return err
	}
	defer func() { _ = job.Close() }() // it has been read from only
	_, err = u.Engine.Run(ctx, pipeline.Work{Kind: KindProbe, Spec: spec, Units: u.cut(len(uris)), Do: job.Do, Watch: func(t pipeline.Tally) {
		if opt.Progress != nil {
			opt.Progress(Progress{Done: int64(t.Rows) + t.UnderWay.Done, Total: int64(len(uris)), Failed: int64(t.Errors) + t.UnderWay.Failed})
		}
	}})
	if err != nil {
		return err
	}
	for _, unit := range u.cut(len(uris)) {
		found, err := job.read(unit)
		if err != nil {
			return fmt.Errorf("unit %d, which is said to be done: %w: run the same command again", unit.Number, err)
		}
		for i, o := range found {
			known[uris[unit.First+i]] = o
		}
	}
	return nil
}

func (u *Units) cut(files int) (units []pipeline.Unit) {
	each := u.Files
	if each <= 0 {
		each = 64
	}
	for first := 0; first < files; first += each {
		units = append(units, pipeline.Unit{Number: len(units), First: first, Count: min(each, files-first)})
	}
	return units
}

// Remove removes the folder, after its outcomes are in the manifest.
func (u *Units) Remove() error {
	if err := os.RemoveAll(u.Folder); err != nil {
		return fmt.Errorf("remove the units: %w", err)
	}
	return nil
}

// Job does units of a probe, several at once if asked to.
type Job struct {
	spec   UnitSpec
	list   fileList
	opt    Options
	source *source.Mux
}

// OpenJob makes this process ready for units of a probe that another one began. Of opt, Workers and Isolate count.
func OpenJob(ctx context.Context, spec UnitSpec, opt Options) (*Job, error) {
	text, err := os.ReadFile(spec.List)
	if err != nil {
		return nil, fmt.Errorf("probe: list of files: %w", err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != spec.Hash {
		return nil, pipeline.Permanent(fmt.Errorf("probe: list of files %s is not that of the job", spec.List))
	}
	j := &Job{spec: spec}
	if err := strict(text, &j.list); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("probe: list of files %s: %w", spec.List, err))
	}
	if j.list.Version != listVersion {
		return nil, pipeline.Permanent(fmt.Errorf("probe: list of files %s has version %d, this program reads %d: use workers of the same version", spec.List, j.list.Version, listVersion))
	}
	j.opt = Options{Workers: opt.Workers, Isolate: opt.Isolate || j.list.Isolate, Decode: j.list.Decode, Timeout: j.list.Timeout, MaxHeld: j.list.MaxHeld}
	j.opt.Decoder.MaxPixels, j.opt.Decoder.MaxFrames, j.opt.Decoder.MaxHeld = j.list.MaxPixels, j.list.MaxFrames, j.list.Packets
	if j.source, err = source.Open(context.WithoutCancel(ctx), j.list.Root); err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	return j, nil
}

// Close frees what the job holds, after its last unit.
func (j *Job) Close() error { return j.source.Close() }

// Do looks into the files of a unit and publishes what they are. Files that failed for reasons that pass are looked into
// again when a part is there already.
func (j *Job) Do(ctx context.Context, u pipeline.Unit, report func(pipeline.Progress)) (pipeline.Result, error) {
	if u.First < 0 || u.Count < 1 || u.First+u.Count > len(j.list.URIs) {
		return pipeline.Result{}, pipeline.Permanent(fmt.Errorf("probe: files %d to %d of %d", u.First, u.First+u.Count-1, len(j.list.URIs)))
	}
	uris := j.list.URIs[u.First : u.First+u.Count]
	before, err := j.read(u)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return pipeline.Result{}, err
	}
	known := map[string]Outcome{}
	var left []string
	for i, uri := range uris {
		if before != nil && !before[i].passing() {
			known[uri] = before[i]
		} else {
			left = append(left, uri)
		}
	}
	if len(left) > 0 {
		opt := j.opt
		opt.Progress = func(p Progress) {
			report(pipeline.Progress{Done: p.Done, Total: p.Total, Failed: p.Failed})
		}
		if err := lookAll(ctx, left, j.source, opt, known); err != nil {
			return pipeline.Result{}, err
		}
	}
	result, made := pipeline.Result{Rows: len(uris), Kept: len(left) == 0}, part{First: u.First}
	for _, uri := range uris {
		o := known[uri]
		if o.Status != manifests.Found {
			result.Errors++
		}
		made.Outcomes = append(made.Outcomes, o)
	}
	if result.Kept {
		return result, nil
	}
	text, err := json.Marshal(made)
	if err != nil {
		return result, fmt.Errorf("probe: write outcomes: %w", err)
	}
	return result, publish(j.path(u), text)
}

// path is where a unit's outcomes are.
func (j *Job) path(u pipeline.Unit) string {
	return filepath.Join(filepath.Dir(j.spec.List), fmt.Sprintf("part-%s-%06d-%d.json", j.spec.Hash[:16], u.Number, u.Count))
}

// read returns a unit's outcomes.
func (j *Job) read(u pipeline.Unit) ([]Outcome, error) {
	text, err := os.ReadFile(j.path(u))
	if err != nil {
		return nil, fmt.Errorf("probe: outcomes: %w", err)
	}
	var p part
	if err := strict(text, &p); err != nil {
		return nil, fmt.Errorf("probe: outcomes %s: %w", j.path(u), err)
	}
	if p.First != u.First || len(p.Outcomes) != u.Count {
		return nil, fmt.Errorf("probe: outcomes %s are of %d files from %d, not %d from %d", j.path(u), len(p.Outcomes), p.First, u.Count, u.First)
	}
	return p.Outcomes, nil
}

// publish writes a file that appears whole, in a folder that is there: one that has been removed is not made again.
func publish(path string, text []byte) error {
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
