package main

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

	"github.com/sourcegraph/conc/pool"

	"padapter/cmd/internal/actions"
	"padapter/decode/encode"
)

// The demo's videos: MPEG-4 in AVI, as HMDB-51 has them, only smaller.
const (
	demoWidth  = 64
	demoHeight = 48
	demoFrames = 24
	demoFPS    = 12
)

// The parts of a set in HMDB-51's layout.
const (
	demoVideos = "videos"                     // <class>/<clip>.avi
	demoSplits = "testTrainMulti_7030_splits" // <class>_test_split<1..3>.txt
	demoDone   = "set.json"                   // written last: the set is complete, and how it was made
)

// demoSet is one action set to be rendered: so many clips of each class in the first split's two parts.
type demoSet struct {
	actions       actions.Set
	train, test   int
	width, height int
	seed          uint64
}

// perClass is the number of clips of each class.
func (s demoSet) perClass() int { return s.train + s.test }

// clips is the number of clips of the set.
func (s demoSet) clips() int { return s.perClass() * len(s.actions.Motions) }

// describe identifies the set's content, to tell whether a folder holds this very set already.
func (s demoSet) describe() ([]byte, error) {
	return json.MarshalIndent(map[string]any{
		"set": s.actions.Name, "classes": s.actions.Classes(), "train": s.train, "test": s.test, "seed": s.seed,
		"width": s.width, "height": s.height, "frames": demoFrames, "fps": demoFPS, "renderer": actions.Version,
	}, "", "  ")
}

// write renders the set below dir and calls progress after every clip. A folder that holds the same set is left alone.
func (s demoSet) write(ctx context.Context, dir string, progress func()) error {
	description, err := s.describe()
	if err != nil {
		return fmt.Errorf("describe action set: %w", err)
	}
	done := filepath.Join(dir, demoDone)
	if have, err := os.ReadFile(done); err == nil && bytes.Equal(have, description) {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear action set: %w", err)
	}
	classes := s.actions.Classes()
	for _, class := range classes {
		if err := os.MkdirAll(filepath.Join(dir, demoVideos, class), 0o755); err != nil {
			return fmt.Errorf("write action set: %w", err)
		}
	}
	jobs := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithContext(ctx).WithCancelOnError().WithFirstError()
	for i := range s.clips() {
		jobs.Go(func(ctx context.Context) error {
			class := i % len(classes)
			path := filepath.Join(dir, demoVideos, classes[class], demoClipName(classes[class], i/len(classes)))
			if err := s.writeClip(ctx, path, i, class); err != nil {
				return err
			}
			progress()
			return nil
		})
	}
	if err := jobs.Wait(); err != nil {
		return err
	}
	if err := s.writeSplits(filepath.Join(dir, demoSplits)); err != nil {
		return err
	}
	if err := os.WriteFile(done, description, 0o644); err != nil {
		return fmt.Errorf("write action set: %w", err)
	}
	return nil
}

func demoClipName(class string, number int) string { return fmt.Sprintf("%s_%04d.avi", class, number) }

// writeClip renders clip number index of the set into a file.
func (s demoSet) writeClip(ctx context.Context, path string, index, class int) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	scene, err := s.actions.Scene(s.seed, index, class, s.width, s.height, demoFrames)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write clip: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	video, err := encode.Create(file, encode.Options{
		Codec: "mpeg4", Container: "avi", Width: s.width, Height: s.height, FPSNum: demoFPS, FPSDen: 1,
	})
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	frame := make([]byte, s.width*s.height*3)
	for i := range demoFrames {
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
func (s demoSet) writeSplits(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write splits: %w", err)
	}
	for _, class := range s.actions.Classes() {
		for split := range 3 {
			var text bytes.Buffer
			w := bufio.NewWriter(&text)
			for number := range s.perClass() {
				part := 1
				if (number+split*s.test)%s.perClass() >= s.train {
					part = 2
				}
				fmt.Fprintf(w, "%s %d \n", demoClipName(class, number), part)
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

// writeUnseen renders clips that are in neither part of the set, one class after another, under names that tell
// nothing, and returns the class name of each file name.
func (s demoSet) writeUnseen(ctx context.Context, dir string, count int) (map[string]string, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("clear unseen clips: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write unseen clips: %w", err)
	}
	classes := s.actions.Classes()
	truth := make(map[string]string, count)
	for i := range count {
		name, class := fmt.Sprintf("clip_%03d.avi", i), i*5%len(classes)
		if err := s.writeClip(ctx, filepath.Join(dir, name), s.clips()+i, class); err != nil {
			return nil, err
		}
		truth[name] = classes[class]
	}
	return truth, nil
}
