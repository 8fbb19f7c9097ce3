package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs/networks"
	"padapter/decode/encode"
	"padapter/models/checkpoint"
)

// renderMoves writes clips of a bright bar that moves left or right, in HMDB-like class folders below
// root/<split>/<class>.
func renderMoves(t *testing.T, root, split string, perClass int, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	for c, class := range []string{"left", "right"} {
		dir := filepath.Join(root, split, class)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range perClass {
			renderMove(t, filepath.Join(dir, fmt.Sprintf("%s_%s_%03d.avi", split, class, i)), 2*c-1, rng)
		}
	}
}

func renderMove(t *testing.T, path string, direction int, rng *rand.Rand) {
	t.Helper()
	const size, frames = 32, 8
	at := rng.IntN(size)
	renderVideo(t, path, size, size, frames, func(n int, pixels []byte) {
		for i := range pixels {
			pixels[i] = byte(20 + rng.IntN(30))
		}
		for y := range size {
			for dx := range size / 4 {
				x := ((at+direction*n*4+dx)%size + size) % size
				for k := range 3 {
					pixels[(y*size+x)*3+k] = 230
				}
			}
		}
	})
}

// renderVideo writes a video at 8 frames a second whose RGB pixels draw fills in.
func renderVideo(t *testing.T, path string, width, height, frames int, draw func(n int, pixels []byte)) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := encode.Create(f, encode.Options{Codec: "mjpeg", Container: "avi", Width: width, Height: height, FPSNum: 8, FPSDen: 1})
	if err != nil {
		t.Fatal(err)
	}
	for n := range frames {
		pixels := make([]byte, width*height*3)
		draw(n, pixels)
		if err := w.WriteRGB(pixels); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

const movesRecipe = `name: moves
clip: {frames: 4, stride: 1, temporal: uniform, short_side: 32, height: 32, width: 32, filter: bilinear, train_temporal: center, train_crop: center, flip: false, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}
model: {dim: 24, depth: 2, heads: 2, mlp_ratio: 2, patch: 8, tubelet: 2}
tuning: {kind: full, bottleneck: 4, location: a_m_p, cat_mode: x_p, learn_mode: add, scale: learned}
train: {epochs: 8, batch: 8, optimizer: adamw, base_lr: 0.2, min_lr: 0.002, warmup_epochs: 1, momentum: 0.9, weight_decay: 0.01, clip_norm: 1, seed: 5, shuffle_frames: false}
eval: {batch: 8, top_k: 2}
`

// quickRecipe is movesRecipe with one epoch.
func quickRecipe(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "quick.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(movesRecipe, "epochs: 8", "epochs: 1", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// padapter runs one command line in this process.
func padapter(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func mustPadapter(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := padapter(t, args...)
	if code != exitOK {
		t.Fatalf("padapter %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// jsonResult returns the result event of a --json run.
func jsonResult(t *testing.T, stdout string, into any) {
	t.Helper()
	for line := range strings.Lines(stdout) {
		var event struct {
			Event  string
			Result json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if event.Event == "result" {
			if err := json.Unmarshal(event.Result, into); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no result in %s", stdout)
}

func TestTrainEvalLabelOnVideos(t *testing.T) {
	dir := t.TempDir()
	clips := filepath.Join(dir, "clips")
	renderMoves(t, clips, "train", 24, 1)
	renderMoves(t, clips, "val", 10, 2)
	man, recipe, out := filepath.Join(dir, "moves.parquet"), filepath.Join(dir, "moves.yaml"), filepath.Join(dir, "run")
	if err := os.WriteFile(recipe, []byte(movesRecipe), 0o644); err != nil {
		t.Fatal(err)
	}
	mustPadapter(t, "manifest", "build", "folder", "--root", clips, "--out", man)
	trainArgs := []string{"train", "--recipe", recipe, "--train", man, "--train-split", "train", "--val", man, "--val-split", "val", "--out", out, "--backend", testBackend, "--json"}
	var result struct {
		ValTop1 float64 `json:"val_top1"`
		Steps   int64
	}
	jsonResult(t, mustPadapter(t, trainArgs...), &result)
	if result.ValTop1 < 0.9 || result.Steps != 48 {
		t.Errorf("validation top-1 %.2f after %d steps, want at least 0.9 after 48", result.ValTop1, result.Steps)
	}
	if code, _, stderr := padapter(t, trainArgs...); code != exitUsage || !strings.Contains(stderr, "--resume") {
		t.Errorf("training into a used folder: exit code %d, %s", code, stderr)
	}

	// The same clips as shards, and a comparison of tunings on them that starts from the trained trunk.
	var table struct {
		Rows []struct {
			Tuning string
			Runs   int
			Share  float64
			Rate   float64 `json:"base_lr"`
		}
		Trials []struct {
			Rate    float64 `json:"base_lr"`
			ValTop1 float64 `json:"val_top1"`
			ValLoss float64 `json:"val_loss"`
			Chosen  bool
		}
	}
	renderMoves(t, clips, "test", 6, 3)
	mustPadapter(t, "manifest", "build", "folder", "--root", clips, "--out", man)
	for _, split := range []string{"train", "val", "test"} {
		mustPadapter(t, "preprocess", "--manifest", man, "--recipe", recipe, "--split", split, "--out", filepath.Join(dir, "shards", split))
	}
	compareArgs := []string{"compare", "--recipe", quickRecipe(t, dir), "--tunings", "padapter,adaptformer,vpt,linear,full", "--seeds", "1,2", "--backbone", out,
		"--train", filepath.Join(dir, "shards", "train"), "--val", filepath.Join(dir, "shards", "val"), "--test", filepath.Join(dir, "shards", "test"),
		"--rates", "0.02,0.2", "--out", filepath.Join(dir, "compared"), "--backend", testBackend, "--json"}
	jsonResult(t, mustPadapter(t, compareArgs...), &table)
	if len(table.Rows) != 5 || table.Rows[0].Tuning != "padapter" || table.Rows[0].Runs != 2 || table.Rows[4].Share != 1 || !(table.Rows[0].Share < 0.5) {
		t.Errorf("comparison %+v", table)
	}
	if len(table.Trials) != 10 {
		t.Fatalf("%d trials, want two rates for five tunings", len(table.Trials))
	}
	for i, row := range table.Rows {
		for k, trial := range table.Trials[2*i : 2*i+2] {
			other := table.Trials[2*i+1-k]
			if trial.Chosen != (row.Rate == trial.Rate) || trial.Chosen == other.Chosen || (trial.Chosen && trial.ValTop1 < other.ValTop1) {
				t.Errorf("%s has rate %g, its trials are %+v", row.Tuning, row.Rate, table.Trials[2*i:2*i+2])
			}
		}
	}
	mustPadapter(t, compareArgs...) // finished runs are taken as they are
	compareArgs[slices.Index(compareArgs, "--test")+1] = filepath.Join(dir, "shards", "val")
	if code, _, stderr := padapter(t, compareArgs...); code != exitUsage || !strings.Contains(stderr, "chose nothing") {
		t.Errorf("comparison measured on the validation clips: exit code %d, %s", code, stderr)
	}

	page := filepath.Join(dir, "report.html")
	mustPadapter(t, "report", "--run", out, "--data", filepath.Join(dir, "shards", "val"), "--out", page, "--backend", testBackend)
	if text, err := os.ReadFile(page); err != nil || !bytes.Contains(text, []byte("validation top-1")) || !bytes.Contains(text, []byte("rates are over 20 of 20 videos")) {
		t.Errorf("report of %d bytes (%v) without curves or denominator", len(text), err)
	}

	// Evaluation must find what training found, and count what cannot be read.
	var report struct {
		Evaluated, Unreadable, Videos int64
		Metrics                       struct{ Top1 float64 }
	}
	jsonResult(t, mustPadapter(t, "eval", "--checkpoint", out, "--data", man, "--split", "val", "--backend", testBackend, "--json"), &report)
	if report.Evaluated != 20 || report.Unreadable != 0 || report.Metrics.Top1 != result.ValTop1 {
		t.Errorf("evaluation %+v, training found top-1 %v", report, result.ValTop1)
	}
	checkCalibration(t, out, filepath.Join(dir, "shards", "train"), filepath.Join(dir, "shards", "val"))
	spoil(t, filepath.Join(clips, "val", "left", "val_left_003.avi"))
	code, stdout, stderr := padapter(t, "eval", "--checkpoint", out, "--data", man, "--split", "val", "--backend", testBackend)
	if code != exitRecords || !strings.Contains(stdout, "rates are over 19 of 20 videos; left out: 1 unreadable") {
		t.Errorf("evaluation with a broken file: exit code %d\n%s%s", code, stdout, stderr)
	}

	// Labels of a plain folder: one row for each file, the broken one with its reason.
	labels := filepath.Join(dir, "labels.csv")
	if code, stdout, stderr := padapter(t, "label", "--checkpoint", filepath.Join(out, "best"), "--input", filepath.Join(clips, "val"), "--out", labels, "--backend", testBackend); code != exitRecords {
		t.Fatalf("label: exit code %d\n%s%s", code, stdout, stderr)
	}
	checkLabels(t, labels)
	mustPadapter(t, "label", "--checkpoint", out, "--input", filepath.Join(clips, "val", "right", "val_right_000.avi"), "--out", filepath.Join(dir, "one.parquet"), "--backend", testBackend)
}

// spoil overwrites a file with something that is no video.
func spoil(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("this is not a video"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func checkLabels(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 21 {
		t.Fatalf("%d lines, want a header and 20 rows", len(rows))
	}
	right, failed := 0, 0
	for _, row := range rows[1:] {
		uri, reason, name := row[1], row[2], row[slices.Index(rows[0], "name_1")]
		switch {
		case strings.Contains(uri, "val_left_003"):
			if reason == "" {
				t.Errorf("the broken file has labels: %v", row)
			}
			failed++
		case reason != "":
			t.Errorf("%s has error %q", uri, reason)
		case strings.HasPrefix(uri, name+"/"):
			right++
		}
	}
	if right < 17 || failed != 1 {
		t.Errorf("%d of 19 labels are right, %d failed", right, failed)
	}
}

func TestModelCommandsRejectWrongUse(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"required flag", exitUsage, []string{"train"}},
		{"exclude each other", exitUsage, []string{"train", "--recipe", "ssv2-padapter", "--train", "x", "--val", "y", "--out", dir, "--resume", "--overwrite"}},
		{"no-such-recipe", exitFailed, []string{"train", "--recipe", "no-such-recipe", "--train", "x", "--val", "y", "--out", dir}},
		{"median", exitUsage, []string{"eval", "--checkpoint", dir, "--data", dir, "--average", "median"}},
		{"config.json", exitFailed, []string{"eval", "--checkpoint", dir, "--data", dir}},
		{"--precision", exitUsage, []string{"label", "--checkpoint", dir, "--input", dir, "--out", "x.csv", "--precision", "half"}},
		{"--precision", exitUsage, []string{"eval", "--checkpoint", dir, "--data", dir, "--precision", "half"}},
		{"--against", exitUsage, []string{"eval", "--checkpoint", dir, "--data", dir, "--against", "auto"}},
		{"precision", exitUsage, []string{"bench", "model", "--precision", "auto"}},
		{"temperature", exitUsage, []string{"label", "--checkpoint", dir, "--input", dir, "--out", "x.csv", "--temperature", "-1"}},
	} {
		code, _, stderr := padapter(t, c.args...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("padapter %s: exit code %d, %q; want %d and %q", strings.Join(c.args, " "), code, stderr, c.code, c.want)
		}
	}
}

// checkCalibration fits a temperature without and with storing it, and finds it in later evaluations.
func checkCalibration(t *testing.T, run, test, val string) {
	t.Helper()
	temperature := func(args ...string) float64 {
		t.Helper()
		var report struct{ Temperature float64 }
		jsonResult(t, mustPadapter(t, append([]string{"eval", "--checkpoint", run, "--data", test, "--backend", testBackend, "--json"}, args...)...), &report)
		return report.Temperature
	}
	fitted := temperature("--calibrate", val)
	if !(fitted > 0) || fitted == 1 {
		t.Errorf("temperature %v was fitted", fitted)
	}
	if got := temperature(); got != 1 {
		t.Errorf("temperature %v without a stored one, want 1", got)
	}
	if got := temperature("--calibrate", val, "--save"); got != fitted {
		t.Errorf("temperature %v, fitted again %v", fitted, got)
	}
	if got := temperature(); got != fitted {
		t.Errorf("temperature %v, want the stored %v", got, fitted)
	}
	if got := temperature("--temperature", "1.5"); got != 1.5 {
		t.Errorf("temperature %v, want the given 1.5", got)
	}
	if text := mustPadapter(t, "adapter", "info", run); !strings.Contains(text, "fitted on validation clips") {
		t.Errorf("info does not name the temperature:\n%s", text)
	}
	if err := checkpoint.SetTemperature(networks.BestOf(run), 0); err != nil {
		t.Fatal(err)
	}
}
