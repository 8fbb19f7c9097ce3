package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"padapter/ingest/source"
	"padapter/ingest/source/s3test"
	"padapter/manifests/storage"
	"padapter/models/checkpoint"
	"padapter/models/train"
	"padapter/pipeline/pipelinetest"
)

// storeWorld is a label world with a bucket for results.
type storeWorld struct {
	labelWorld
	rng *rand.Rand
}

const bucket = "s3://results/a folder"

func (w storeWorld) on(name string) string { return storage.Join(bucket, name) }

// Manifests, shards, checkpoints and labels live on an object store: the commands write there what they write on disk, byte
// for byte, killed at random moments and run again. PADAPTER_LONG=1 kills 50 times instead of 6.
func TestResultsOnAnObjectStore(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and trains")
	}
	s3test.Start(t, "results")
	stores := source.NewStore(t.Context())
	unregister := stores.Register()
	t.Cleanup(func() {
		unregister()
		if err := stores.Close(); err != nil {
			t.Error(err)
		}
	})
	w := storeWorld{newLabelWorld(t), rand.New(rand.NewPCG(5, 8))}
	runProgram(t, exitOK, w.program, "manifest", "build", "folder", "--root", w.at("clips"), "--out", w.on("clips.parquet"), "-q")
	if got := w.read(t, "clips.parquet"); !bytes.Equal(got, mustRead(t, w.at("clips.parquet"))) {
		t.Error("the manifest on the store differs")
	}
	runProgram(t, exitOK, w.program, "manifest", "filter", w.on("clips.parquet"), "--split", "val", "--out", w.on("val.jsonl"), "-q")
	t.Run("preprocess", w.preprocess)
	t.Run("train", w.train)
	t.Run("label", w.label)
	t.Run("adapters", w.adapters)
	if entries, err := filepath.Glob(filepath.Join(os.TempDir(), "padapter-*")); err != nil || len(entries) > 0 && os.Getenv("TMPDIR") != "" {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

func (w storeWorld) read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := storage.ReadFile(w.on(name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// fetch copies a folder from the store.
func (w storeWorld) fetch(t *testing.T, name string) (local string) {
	t.Helper()
	local = filepath.Join(t.TempDir(), "fetched")
	var copyFolder func(from, to string) error
	copyFolder = func(from, to string) error {
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		return storage.List(from, func(e storage.Entry) error {
			if e.Folder {
				return copyFolder(storage.Join(from, e.Name), filepath.Join(to, e.Name))
			}
			return storage.Copy(storage.Join(from, e.Name), filepath.Join(to, e.Name))
		})
	}
	if err := copyFolder(w.on(name), local); err != nil {
		t.Fatal(err)
	}
	return local
}

// disturbed runs a command that takes so long, killed at random moments, until it has been killed often enough and then
// ends with the exit code. begin starts over.
func (w storeWorld) disturbed(t *testing.T, want int, lasted time.Duration, begin func(), args []string) {
	t.Helper()
	kills, wanted := 0, pipelinetest.Kills(t, 6)
	for rounds := 0; kills < wanted; rounds++ {
		if rounds == 10*wanted {
			t.Fatalf("%d kills of %d: runs were through before they could be killed", kills, wanted)
		}
		begin()
		for finished := false; !finished; {
			limit := time.Duration(float64(lasted) * (0.1 + 0.9*w.rng.Float64()))
			if kills >= wanted {
				limit = 10*lasted + time.Minute
			}
			if finished = !killedBefore(t, limit, want, w.program, args); !finished {
				kills++
			}
		}
	}
}

func (w storeWorld) remove(t *testing.T, name string) {
	t.Helper()
	if err := storage.RemoveAll(w.on(name)); err != nil {
		t.Fatal(err)
	}
}

// timed runs a command and says how long it took.
func (w storeWorld) timed(t *testing.T, want int, args []string) time.Duration {
	t.Helper()
	began := time.Now()
	runProgram(t, want, w.program, args...)
	return time.Since(began)
}

func (w storeWorld) preprocess(t *testing.T) {
	for _, kind := range [][]string{{}, {"--files", "webdataset"}, {"--files", "parquet", "--compression", "zstd"}, {"--content", "frames"}} {
		name := "shards" + strings.Join(kind, "")
		args := func(man, out string) []string {
			return append([]string{"preprocess", "--manifest", man, "--recipe", w.at("recipe.yaml"), "--out", out, "--shard-records", "3", "-q"}, kind...)
		}
		w.timed(t, exitOK, args(w.at("clips.parquet"), w.at(name)))
		remote := args(w.on("clips.parquet"), w.on(name))
		lasted := w.timed(t, exitOK, remote)
		sameFolders(t, w.at(name), w.fetch(t, name))
		if len(kind) == 0 {
			w.disturbed(t, exitOK, lasted, func() { w.remove(t, name) }, remote)
			sameFolders(t, w.at(name), w.fetch(t, name))
			if err := storage.Write(w.on(name+"/clips-000001.arrow"), func(out io.Writer) error { _, err := out.Write([]byte("x")); return err }); err != nil {
				t.Fatal(err)
			}
			w.timed(t, exitOK, remote) // makes the damaged shard anew
			sameFolders(t, w.at(name), w.fetch(t, name))
			if code, _, stderr := padapter(t, append(remote, "--seed", "99")...); code != exitFailed || !strings.Contains(stderr, "another job") {
				t.Errorf("another seed: exit code %d: %s", code, stderr)
			}
		}
		if strings.Contains(name, "parquet") {
			continue
		}
		runProgram(t, exitOK, w.program, "inspect", "--verify", w.on(name), "-q")
	}
	// Two jobs that share the work, on two machines as it were.
	for _, part := range []string{"1/2", "0/2"} {
		runProgram(t, exitOK, w.program, "preprocess", "--manifest", w.on("clips.parquet"), "--recipe", w.at("recipe.yaml"), "--out", w.on("shared"), "--shard-records", "3", "-q", "--shard", part)
	}
	sameFolders(t, w.at("shards"), w.fetch(t, "shared"))
}

func (w storeWorld) train(t *testing.T) {
	args := func(data, val, out string, more ...string) []string {
		return append([]string{"train", "--recipe", w.at("recipe.yaml"), "--epochs", "4", "--train", data, "--train-split", "all", "--val", val, "--val-split", "all", "--backend", testBackend, "--out", out, "--save-every", "2", "-q"}, more...)
	}
	for _, split := range []string{"train", "val"} {
		for _, out := range []string{w.at("s-" + split), w.on("s-" + split)} {
			runProgram(t, exitOK, w.program, "preprocess", "--manifest", w.at("clips.parquet"), "--split", split, "--recipe", w.at("recipe.yaml"), "--out", out, "-q")
		}
	}
	w.timed(t, exitOK, args(w.at("s-train"), w.at("s-val"), w.at("trained")))
	remote := args(w.on("s-train"), w.on("s-val"), w.on("trained"))
	lasted := w.timed(t, exitOK, remote)
	check := func() {
		t.Helper()
		local := w.fetch(t, "trained")
		if got, want := stepLosses(t, local), stepLosses(t, w.at("trained")); !slices.Equal(got, want) || len(want) < 8 {
			t.Errorf("losses\n%v\non disk\n%v", got, want)
		}
		for _, dir := range []string{train.BestDir, train.LastDir} {
			got, err := checkpoint.Read(filepath.Join(local, dir))
			want, wrong := checkpoint.Read(filepath.Join(w.at("trained"), dir))
			if err = errors.Join(err, wrong); err != nil {
				t.Fatal(err)
			}
			if got.Config.AdapterSHA256 != want.Config.AdapterSHA256 || got.Config.BackboneSHA256 != want.Config.BackboneSHA256 || got.AdapterBytes != want.AdapterBytes || !got.Backbone {
				t.Errorf("%s: %+v, on disk %+v", dir, got, want)
			}
			if entries, err := os.ReadDir(filepath.Join(local, dir)); err != nil || len(entries) != 3 {
				t.Errorf("%s holds %v (%v), want a config and two files of weights", dir, entries, err)
			}
		}
		states, err := os.ReadDir(filepath.Join(local, train.StateDir))
		want, wrong := os.ReadDir(filepath.Join(w.at("trained"), train.StateDir))
		if err = errors.Join(err, wrong); err != nil || len(states) != len(want) {
			t.Errorf("states %v, on disk %v (%v)", states, want, err)
		}
	}
	check()
	if code, _, stderr := padapter(t, remote...); code != exitUsage || !strings.Contains(stderr, "holds a run already") {
		t.Errorf("a run in the same place: exit code %d: %s", code, stderr)
	}
	w.disturbed(t, exitOK, lasted, func() { w.remove(t, "trained") }, append(remote, "--resume"))
	check()
	w.timed(t, exitOK, append(remote, "--overwrite"))
	check()
	runProgram(t, exitOK, w.program, "eval", "--checkpoint", w.on("trained"), "--data", w.on("s-val"), "--backend", testBackend, "--out", w.on("report.json"), "-q")
	runProgram(t, exitOK, w.program, "eval", "--checkpoint", w.at("trained"), "--data", w.at("s-val"), "--backend", testBackend, "--out", w.at("report.json"), "-q")
	if got, want := w.read(t, "report.json"), mustRead(t, w.at("report.json")); !bytes.Equal(got, want) {
		t.Errorf("the report is\n%s\non disk\n%s", got, want)
	}
	runProgram(t, exitOK, w.program, "eval", "--checkpoint", w.on("trained"), "--data", w.on("s-val"), "--calibrate", w.on("s-val"), "--save", "--backend", testBackend, "-q")
	if config, err := checkpoint.ReadConfig(w.on("trained/best")); err != nil || config.Temperature == 0 {
		t.Errorf("the temperature was not stored: %v", err)
	}
}

func (w storeWorld) label(t *testing.T) {
	args := func(run, out, segments string) []string {
		return []string{"label", "--checkpoint", run, "--input", w.at("archive"), "--out", out, "--segments", segments, "--window", "0.3", "--hop", "0.1", "--backend", testBackend, "-q", "--unit", "3"}
	}
	if err := checkpoint.Upload(w.at("run/best"), w.on("published")); err != nil {
		t.Fatal(err)
	}
	w.timed(t, exitRecords, args(w.at("run"), w.at("disk.parquet"), w.at("disk.csv")))
	remote := args(w.on("published"), w.on("labels.parquet"), w.on("segments.csv"))
	lasted := w.timed(t, exitRecords, remote)
	check := func() {
		t.Helper()
		for _, file := range [][2]string{{"labels.parquet", "disk.parquet"}, {"segments.csv", "disk.csv"}} {
			if !bytes.Equal(w.read(t, file[0]), mustRead(t, w.at(file[1]))) {
				t.Errorf("%s differs from what is written on disk", file[0])
			}
		}
	}
	check()
	w.disturbed(t, exitRecords, lasted, func() {
		for _, name := range []string{"labels.parquet.ledger", "labels.parquet", "segments.csv"} {
			w.remove(t, name)
		}
	}, remote)
	check()
	w.timed(t, exitRecords, append(remote, "--restart"))
	check()
	runProgram(t, exitOK, w.program, "label", "--checkpoint", w.on("published"), "--input", w.on("shards"), "--out", w.on("of-shards.csv"), "--backend", testBackend, "-q")
	runProgram(t, exitOK, w.program, "label", "--checkpoint", w.at("run"), "--input", w.at("shards"), "--out", w.at("of-shards.csv"), "--backend", testBackend, "-q")
	if !bytes.Equal(w.read(t, "of-shards.csv"), mustRead(t, w.at("of-shards.csv"))) {
		t.Error("labels of shards differ")
	}
	if code, _, stderr := padapter(t, append(remote, "--top-k", "1")...); code != exitFailed || !strings.Contains(stderr, "top-k") {
		t.Errorf("other settings: exit code %d: %s", code, stderr)
	}
}

// adapters checks the commands that make checkpoints of checkpoints.
func (w storeWorld) adapters(t *testing.T) {
	runProgram(t, exitOK, w.program, "adapter", "extract", w.on("published"), "--out", w.on("alone"))
	runProgram(t, exitOK, w.program, "adapter", "merge", w.on("alone"), "--backbone", w.on("published"), "--out", w.on("merged"))
	m, err := checkpoint.Load(w.on("merged"))
	if err != nil {
		t.Fatal(err)
	}
	m.Store.Finalize()
	if _, err := checkpoint.Load(w.on("alone")); err == nil || !strings.Contains(err.Error(), "an adapter alone") {
		t.Errorf("an adapter without its backbone: %v", err)
	}
	for from, to := range map[string]string{"merged": "published", "published": "merged"} { // one in place of the other
		if err := checkpoint.Upload(w.fetch(t, from), w.on(to)); err != nil {
			t.Fatal(err)
		}
	}
}
