// Package dataset renders a set of synthetic actions as a dataset in HMDB-51's folder layout: MPEG-4 videos in AVI, only
// smaller.
package dataset

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/sourcegraph/conc/pool"

	"padapter/cmd/internal/actions"
	"padapter/decode/encode"
)

// The videos of the demo, in pixels, frames and frames a second. Every dataset has this many frames a clip.
const (
	Width  = 64
	Height = 48
	Frames = 24
	FPS    = 12
)

// The parts of a set in HMDB-51's layout.
const (
	VideosFolder = "videos"                     // <class>/<clip>.avi
	SplitsFolder = "testTrainMulti_7030_splits" // <class>_test_split<1..3>.txt
	setFile      = "set.json"                   // written last: the set is complete, and how it was made
)

// Dataset is one action set to be rendered.
type Dataset struct {
	Actions       actions.Set
	Train, Test   int // clips of each class in the first split's two parts
	Width, Height int // pixels
	Seed          uint64
}

// perClass is the number of clips of each class.
func (s Dataset) perClass() int { return s.Train + s.Test }

// Clips is the number of clips of both parts.
func (s Dataset) Clips() int { return s.perClass() * len(s.Actions.Motions) }

// describe identifies the set's content, to tell whether a folder holds this very set already.
func (s Dataset) describe() ([]byte, error) {
	return json.MarshalIndent(map[string]any{
		"set": s.Actions.Name, "classes": s.Actions.Classes(), "train": s.Train, "test": s.Test, "seed": s.Seed,
		"width": s.Width, "height": s.Height, "frames": Frames, "fps": FPS, "renderer": actions.Version,
	}, "", "  ")
}

// Write renders the set below dir and tells progress after every clip how many there are; one call at a time. A folder that
// holds the same set is left alone.
func (s Dataset) Write(ctx context.Context, dir string, progress func(written int)) error {
	description, err := s.describe()
	if err != nil {
		return fmt.Errorf("describe action set: %w", err)
	}
	done := filepath.Join(dir, setFile)
	if have, err := os.ReadFile(done); err == nil && bytes.Equal(have, description) {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear action set: %w", err)
	}
	classes := s.Actions.Classes()
	for _, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, VideosFolder, class), 0o755); err != nil {
			return fmt.Errorf("write action set: %w", err)
		}
	}
	var mu sync.Mutex
	written := 0
	jobs := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithContext(ctx).WithCancelOnError().WithFirstError()
	for i := range s.Clips() {
		jobs.Go(func(ctx context.Context) error {
			class := i % len(classes)
			path := filepath.Join(dir, VideosFolder, classes[class], clipName(classes[class], i/len(classes)))
			if err := s.writeClip(ctx, path, i, class); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			written++
			progress(written)
			return nil
		})
	}
	if err := jobs.Wait(); err != nil {
		return err
	}
	if err := s.writeSplits(filepath.Join(dir, SplitsFolder)); err != nil {
		return err
	}
	if err := os.WriteFile(done, description, 0o644); err != nil {
		return fmt.Errorf("write action set: %w", err)
	}
	return nil
}

func clipName(class string, number int) string { return fmt.Sprintf("%s_%04d.avi", class, number) }

// writeClip renders clip number index of the set into a file.
func (s Dataset) writeClip(ctx context.Context, path string, index, class int) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	scene, err := s.Actions.Scene(s.Seed, index, class, s.Width, s.Height, Frames)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write clip: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	video, err := encode.Create(file, encode.Options{
		Codec: "mpeg4", Container: "avi", Width: s.Width, Height: s.Height, FPSNum: FPS, FPSDen: 1,
	})
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	frame := make([]byte, s.Width*s.Height*3)
	for i := range Frames {
		scene.Render(frame, i)
		if err := video.WriteRGB(frame); err != nil {
			return errors.Join(fmt.Errorf("encode %s, frame %d: %w", path, i, err), video.Close())
		}
	}
	if err := video.Close(); err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return nil
}

// writeSplits writes the lists of HMDB-51: for each class and each of three splits, a line for each clip with its file
// name and 1 (training) or 2 (test). Split 1 trains on the first clips, splits 2 and 3 on rotations.
func (s Dataset) writeSplits(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write splits: %w", err)
	}
	for _, class := range s.Actions.Classes() {
		for split := range 3 {
			var text bytes.Buffer
			w := bufio.NewWriter(&text)
			for number := range s.perClass() {
				part := 1
				if (number+split*s.Test)%s.perClass() >= s.Train {
					part = 2
				}
				fmt.Fprintf(w, "%s %d \n", clipName(class, number), part)
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write splits: %w", err)
			}
			path := filepath.Join(dir, fmt.Sprintf("%s_test_split%d.txt", class, split+1))
			if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
				return fmt.Errorf("write splits: %w", err)
			}
		}
	}
	return nil
}

// WriteUnseen renders clips that are in neither part of the set, one class after another, under names that tell
// nothing, and returns the class name of each file name.
func (s Dataset) WriteUnseen(ctx context.Context, dir string, count int) (map[string]string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("clear unseen clips: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write unseen clips: %w", err)
	}
	classes := s.Actions.Classes()
	truth := make(map[string]string, count)
	for i := range count {
		name, class := fmt.Sprintf("clip_%03d.avi", i), i*5%len(classes)
		if err := s.writeClip(ctx, filepath.Join(dir, name), s.Clips()+i, class); err != nil {
			return nil, err
		}
		truth[name] = classes[class]
	}
	return truth, nil
}
