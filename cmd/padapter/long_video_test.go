package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"padapter/cmd/internal/actions"
	"padapter/cmd/internal/actions/dataset"
	"padapter/decode/encode"
	"padapter/ingest"
	"padapter/models/segment"
)

// longVideo is how TestLongVideo measures.
type longVideo struct {
	set     actions.Set
	train   int // clips of each class
	epochs  int // 0: the recipe's
	minutes int // of each video
	seeds   []uint64
	found   float64 // least share of the actions that are found
	within  float64 // least share of the ends of actions that are within one hop
}

// TestLongVideo trains recipe demo-long on clips of the set source, labels videos of many actions, whose times are
// known and whose seeds training has not seen, in windows, and compares the segments' ends with the truth. With
// PADAPTER_LONG=1 it trains as the recipe says and the videos last three hours, or PADAPTER_MINUTES; without it is a
// small, of moves alone. PADAPTER_CHECKPOINT names a network that is trained already, on all classes.
func TestLongVideo(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for half a minute")
	}
	set := actions.Source()
	set.Motions = set.Motions[:4]
	size := longVideo{set: set, train: 300, epochs: 6, minutes: 5, seeds: []uint64{101}, found: 0.9, within: 0.9}
	if os.Getenv("PADAPTER_LONG") != "" {
		size = longVideo{set: actions.Source(), train: 2500, minutes: 180, seeds: []uint64{101, 102}, found: 0.99, within: 0.99}
	}
	if text := os.Getenv("PADAPTER_MINUTES"); text != "" {
		var err error
		if size.minutes, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const hop = 1.0
	program, dir := buildProgram(t), t.TempDir()
	network := os.Getenv("PADAPTER_CHECKPOINT")
	if network == "" {
		network = size.learn(t, dir)
	}
	shortest := int64(0) // memory of the first, short video
	for i, seed := range append([]uint64{100}, size.seeds...) {
		minutes := size.minutes
		if i == 0 {
			minutes = max(2, minutes/18)
		}
		at := filepath.Join(dir, fmt.Sprint("video-", seed))
		truth := drawLongVideo(t, size.set, filepath.Join(at, "in", "long.avi"), seed, minutes)
		found := filepath.Join(at, "segments.jsonl")
		label := exec.CommandContext(t.Context(), program, "label", "--checkpoint", network, "--input", filepath.Join(at, "in"),
			"--out", filepath.Join(at, "windows.parquet"), "--window", "2", "--hop", fmt.Sprint(hop), "--segments", found,
			"--webvtt", filepath.Join(at, "vtt"), "--on", "0.5", "--off", "0.5", "--max-held", fmt.Sprint(8<<20), "--join-gap", "2", "--min-length", "4", "--meet", "2", "-q")
		began := time.Now()
		if text, err := label.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		seconds := time.Since(began).Seconds()
		mib := label.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 // kilobytes on Linux
		got := compareBoundaries(truth, readSegments(t, found), hop)
		t.Logf("seed %d, %d minutes: %v; %.0f s, %d MiB", seed, minutes, got, seconds, mib)
		if cues, err := os.ReadFile(filepath.Join(at, "vtt", "long.avi.vtt")); err != nil || strings.Count(string(cues), "-->") < got.found {
			t.Errorf("%v, %d cues", err, strings.Count(string(cues), "-->"))
		}
		if i == 0 {
			shortest = mib
			continue
		}
		if float64(got.found) < size.found*float64(got.actions) || float64(got.ends) < size.within*2*float64(got.actions) {
			t.Errorf("too few: want %.1f %% of the actions and %.1f %% of the ends", 100*size.found, 100*size.within)
		}
		if mib > shortest+64 {
			t.Errorf("%d minutes took %d MiB, and a short video %d", minutes, mib, shortest)
		}
	}
}

// learn renders clips, trains the network on them, logs how many clips of other draws it has right after the last
// epoch, and returns its checkpoint.
func (v longVideo) learn(t *testing.T, dir string) string {
	t.Helper()
	set := dataset.Dataset{Actions: v.set, Train: v.train, Test: max(20, v.train/25), Width: dataset.Width, Height: dataset.Height, Seed: 5}
	at := filepath.Join(dir, "source")
	if err := set.Write(t.Context(), at, func(int) {}); err != nil {
		t.Fatal(err)
	}
	found, err := ingest.HMDB51(t.Context(), ingest.HMDB51Options{
		Root: filepath.Join(at, dataset.VideosFolder), Splits: filepath.Join(at, dataset.SplitsFolder), Split: 1, Dataset: "source", Tool: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	clips := at + ".parquet"
	if err := found.Manifest.WriteFile(clips); err != nil {
		t.Fatal(err)
	}
	const name = "demo-long"
	mustPadapter(t, "preprocess", "--manifest", clips, "--split", "train", "--recipe", name, "--training", "--out", at+"-train")
	mustPadapter(t, "preprocess", "--manifest", clips, "--split", "test", "--recipe", name, "--out", at+"-test")
	mustPadapter(t, "train", "--recipe", name, "--epochs", fmt.Sprint(v.epochs), "--train", at+"-train", "--train-split", "all",
		"--val", at+"-test", "--val-split", "all", "--out", at+"-run", "--log-every", "100")
	last := filepath.Join(at+"-run", "last") // test clips play no part in it
	t.Log(mustPadapter(t, "eval", "-q", "--checkpoint", last, "--data", at+"-test"))
	return last
}

// drawLongVideo renders actions of 8 to 16 s, never the same one twice running, and returns them with their times.
func drawLongVideo(t *testing.T, set actions.Set, path string, seed uint64, minutes int) (truth []timedAction) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	video, err := encode.Create(file, encode.Options{Codec: "mpeg4", Container: "avi", Width: dataset.Width, Height: dataset.Height, FPSNum: dataset.FPS, FPSDen: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, frame := rand.New(rand.NewPCG(seed, 12)), make([]byte, dataset.Width*dataset.Height*3)
	class := r.IntN(len(set.Motions))
	for total, i := 0, 0; total < minutes*60*dataset.FPS; i++ {
		scene, err := set.Scene(seed, i, class, dataset.Width, dataset.Height, dataset.Frames)
		if err != nil {
			t.Fatal(err)
		}
		frames := 8*dataset.FPS + r.IntN(8*dataset.FPS+1)
		for f := range frames { // a steady motion goes on beyond its clip
			scene.Render(frame, f)
			if err := video.WriteRGB(frame); err != nil {
				t.Fatal(err)
			}
		}
		truth = append(truth, timedAction{set.Motions[class].Name, float64(total) / dataset.FPS, float64(total+frames) / dataset.FPS})
		total += frames
		class = (class + 1 + r.IntN(len(set.Motions)-1)) % len(set.Motions)
	}
	if err := errors.Join(video.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return truth
}

func readSegments(t *testing.T, path string) (segments []segment.Row) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var row struct {
			segment.Row
			Error *string `json:"error"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Error != nil {
			t.Errorf("%s: %s", row.ID, *row.Error)
		}
		segments = append(segments, row.Row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return segments
}
