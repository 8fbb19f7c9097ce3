package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
	"padapter/models/checkpoint"
	training "padapter/models/train"
)

// runMirror is a training run whose output folder is on an object store. It runs in a folder of this machine, since a log
// grows and a folder is replaced by renaming. Each time it saves a state, from which it could go on, the store gets what is
// new, and the state last: what is there can always be resumed, on any machine.
type runMirror struct {
	local, remote string
	sent          map[string]fileStamp // by name below the folder
}

// fileStamp tells whether a file has changed.
type fileStamp struct {
	size    int64
	changed int64
}

// mirrorRun makes the folder, with what the store has if that is to be gone on with. It is removed by close.
func mirrorRun(remote string, resume bool) (m *runMirror, err error) {
	m = &runMirror{remote: storage.Clean(remote), sent: map[string]fileStamp{}}
	if m.local, err = os.MkdirTemp("", "padapter-run-*"); err != nil {
		return nil, fmt.Errorf("make a folder for the run: %w", err)
	}
	if resume {
		err = m.pull("")
	} else {
		err = m.clear()
	}
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", remote, errors.Join(err, m.close()))
	}
	return m, nil
}

// clear removes what an earlier run left on the store.
func (m *runMirror) clear() error {
	for _, name := range []string{training.StateDir, training.BestDir, training.LastDir, training.BoardDir, training.ResultFile, training.NonFiniteFile, training.LogFile} {
		if err := storage.RemoveAll(storage.Join(m.remote, name)); err != nil {
			return err
		}
		if err := storage.Remove(storage.Join(m.remote, name)); err != nil {
			return err
		}
	}
	return nil
}

func (m *runMirror) close() error { return os.RemoveAll(m.local) }

// runCheckpoints are the folders of a run that appear whole; nobody goes on from them, so they are not fetched.
var runCheckpoints = []string{training.BestDir, training.LastDir}

// pull fetches what the store has below a name.
func (m *runMirror) pull(name string) error {
	var found []storage.Entry
	if err := storage.List(storage.Join(m.remote, filepath.ToSlash(name)), func(e storage.Entry) error { found = append(found, e); return nil }); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(m.local, name), 0o755); err != nil {
		return err
	}
	for _, e := range found {
		below := filepath.Join(name, e.Name)
		switch {
		case !e.Folder:
			if err := storage.Copy(storage.Join(m.remote, below), filepath.Join(m.local, below)); err != nil {
				return err
			}
		case !slices.Contains(runCheckpoints, below):
			if err := m.pull(below); err != nil {
				return err
			}
		}
	}
	return nil
}

// push makes the store's folder what the run's is.
func (m *runMirror) push() error {
	var files, states []string
	err := filepath.WalkDir(m.local, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.local, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(runCheckpoints, name):
			if err := m.publish(name); err != nil {
				return err
			}
			return fs.SkipDir
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != ".": // a checkpoint's draft, left by a crash
			return fs.SkipDir
		case d.IsDir() || wholefile.IsDraft(d.Name(), ""):
		case strings.HasPrefix(name, training.StateDir+string(filepath.Separator)):
			states = append(states, name)
		default:
			files = append(files, name)
		}
		return nil
	})
	for _, name := range append(files, states...) {
		if err == nil {
			err = m.send(name)
		}
	}
	if err == nil {
		err = m.removeStates(states)
	}
	if err != nil {
		return fmt.Errorf("keep the run at %s: %w", m.remote, err)
	}
	return nil
}

// publish copies a checkpoint, if its config has changed.
func (m *runMirror) publish(name string) error {
	stamp, err := stampOf(filepath.Join(m.local, name, checkpoint.ConfigFile))
	if err != nil || m.sent[name] == stamp {
		return err
	}
	if err := checkpoint.Upload(filepath.Join(m.local, name), storage.Join(m.remote, name)); err != nil {
		return err
	}
	m.sent[name] = stamp
	return nil
}

// send copies a file, if it has changed.
func (m *runMirror) send(name string) error {
	stamp, err := stampOf(filepath.Join(m.local, name))
	if err != nil || m.sent[name] == stamp {
		return err
	}
	if err := storage.Copy(filepath.Join(m.local, name), storage.Join(m.remote, name)); err != nil {
		return err
	}
	m.sent[name] = stamp
	return nil
}

func stampOf(path string) (fileStamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileStamp{}, err
	}
	return fileStamp{info.Size(), info.ModTime().UnixNano()}, nil
}

// removeStates removes the states of the store that the run has no more.
func (m *runMirror) removeStates(keep []string) error {
	var stale []string
	err := storage.List(storage.Join(m.remote, training.StateDir), func(e storage.Entry) error {
		if name := filepath.Join(training.StateDir, e.Name); !slices.Contains(keep, name) {
			stale = append(stale, name)
		}
		return nil
	})
	for _, name := range stale {
		if err == nil {
			err = storage.Remove(storage.Join(m.remote, name))
		}
	}
	return err
}
