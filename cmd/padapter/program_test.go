package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Programs that tests run. Each is built once, by the first test that asks, into a folder that TestMain removes.
var (
	programs string
	folder   = sync.OnceValues(func() (_ string, err error) {
		programs, err = os.MkdirTemp("", "padapter-test-programs-")
		return programs, err
	})
	asUsersGetIt = program("padapter", ".", nil)
	crashing     = program("padapter-crashing", ".", nil, "-tags", "crashtest")
)

// program builds the package in a folder once, with further variables in the environment.
func program(name, dir string, env []string, flags ...string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		into, err := folder()
		if err != nil {
			return "", err
		}
		path := filepath.Join(into, name)
		build := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), ".")...)
		build.Dir, build.Env = dir, append(os.Environ(), env...)
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
		return path, nil
	})
}

// buildProgram returns the path of the program as users get it.
func buildProgram(t *testing.T) string {
	t.Helper()
	path, err := asUsersGetIt()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// buildCrashing returns the path of the program in which some files crash or hang its decoder, see pipeline/isolate.
func buildCrashing(t *testing.T) string {
	t.Helper()
	path, err := crashing()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
