//go:build unix

package pipeline_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// TestChildPreprocess is not a test of its own: TestKilledAtAnyMoment runs it in another process.
func TestChildPreprocess(t *testing.T) {
	path, out := os.Getenv("PADAPTER_TEST_MANIFEST"), os.Getenv("PADAPTER_TEST_OUT")
	if path == "" {
		t.Skip("run by TestKilledAtAnyMoment")
	}
	man, err := manifests.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opt := preprocessOptions(t, man, out)
	opt.Progress = func(p pipeline.Progress) { fmt.Println("done", p.Done) }
	if _, err := pipeline.Preprocess(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	fmt.Println("complete")
}

// TestKilledAtAnyMoment kills a process that preprocesses, again and again at random moments, until one lives to the
// end, and compares the folder with one that was written undisturbed. With PADAPTER_LONG there are 50 kills instead of 6;
// PADAPTER_KILLS sets any number.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := pipelinetest.Kills(t, 6)
	man := pipelinetest.Corpus(t, 60)
	dir := t.TempDir()
	path, whole := filepath.Join(dir, "m.parquet"), filepath.Join(dir, "whole")
	if err := man.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Preprocess(t.Context(), preprocessOptions(t, man, whole)); err != nil {
		t.Fatal(err)
	}
	want := tree(t, whole)
	random := rand.New(rand.NewPCG(uint64(kills), 1))
	killed, rounds := 0, 0
	for killed < kills {
		rounds++
		if rounds > 20*kills+20 {
			t.Fatalf("only %d of %d processes were killed in time", killed, kills)
		}
		out := filepath.Join(dir, fmt.Sprint("shards", rounds))
		for {
			// Somewhere in what this process does: after a row that it finishes, and up to a hundred pauses later.
			complete := child(t, path, out, random.IntN(62), random.IntN(100))
			if complete {
				break
			}
			if killed++; killed == kills {
				child(t, path, out, 1<<30, 0)
				break
			}
		}
		if got := tree(t, out); got != want {
			t.Fatalf("after %d kills got\n%s\nwant\n%s", killed, got, want)
		}
		set, err := shard.OpenDir(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := set.Verify(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills in %d folders", killed, rounds)
}

// child preprocesses in another process and kills it once it has reported a number of rows and a little more of the
// clock has passed. It reports whether the process came to its end first.
func child(t *testing.T, path, out string, rows, pauses int) (complete bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestChildPreprocess$", "-test.v")
	cmd.Env = append(os.Environ(), "PADAPTER_TEST_MANIFEST="+path, "PADAPTER_TEST_OUT="+out)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for seen := 0; lines.Scan(); {
		var done int
		if lines.Text() == "complete" {
			complete = true
		}
		if n, _ := fmt.Sscanf(lines.Text(), "done %d", &done); n == 1 {
			if seen++; seen >= rows {
				for range pauses {
					os.Getpid() // a system call: some hundred nanoseconds
				}
				cmd.Process.Kill()
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if !complete && cmd.ProcessState.Exited() && cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("the process failed by itself, with exit code %d", cmd.ProcessState.ExitCode())
	}
	return complete
}
