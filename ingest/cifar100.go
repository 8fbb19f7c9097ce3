package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"padapter/manifests"
)

var (
	officialCIFAR100       = officialNumbers{Classes: 100, Splits: map[string]int{"train": 50000, "test": 10000}}
	officialCIFAR100Coarse = officialNumbers{Classes: 20, Splits: officialCIFAR100.Splits}
)

// CIFAR100Options say where CIFAR-100's binary version lies.
type CIFAR100Options struct {
	Root    string // holds {train,test}.bin and the class lists, or the folder cifar-100-binary with them
	Coarse  bool   // label with the 20 superclasses
	Dataset string // name to record
	Tool    string // program and version to record
}

const (
	cifar100Folder = "cifar-100-binary"        // what the archive unpacks to
	cifar100Record = 2 + cifar100Pixels        // coarse class, fine class, pixels
	cifar100Pixels = 3 * 32 * 32               // planes of red, green and blue
	tooShort       = "the file ends within it" // of a record at the end of a file
)

// CIFAR100 makes the manifest of CIFAR-100 from its binary version: a record is a byte of the coarse class, one of the
// fine class, and the pixels. An image's id is "<split>/<number>", numbers from 0; the class that is not its label is kept
// as "coarse" or "fine".
func CIFAR100(ctx context.Context, opt CIFAR100Options) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest CIFAR-100: %w", err)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	folder := ""
	if info, err := t.dir.Stat(cifar100Folder); err == nil && info.IsDir() {
		folder = cifar100Folder
	}
	dir := filepath.Join(t.root, folder)
	c := cifar100Reader{opt: opt}
	if c.fine, err = ReadClasses(filepath.Join(dir, "fine_label_names.txt")); err != nil {
		return fail(err)
	}
	if c.coarse, err = ReadClasses(filepath.Join(dir, "coarse_label_names.txt")); err != nil {
		return fail(err)
	}
	c.m = &manifests.Manifest{Dataset: opt.Dataset, Source: "cifar100", Root: t.root, Tool: opt.Tool, Classes: c.fine}
	if opt.Coarse {
		c.m.Source, c.m.Classes = "cifar100 coarse", c.coarse
	}
	present := 0
	for _, split := range []string{"train", "test"} {
		err := c.add(ctx, filepath.Join(dir, split+".bin"), path.Join(folder, split+".bin"), split)
		if err == nil {
			present++
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fail(err)
		}
	}
	if present == 0 {
		return fail(fmt.Errorf("%s holds neither train.bin nor test.bin: %w", dir, fs.ErrNotExist))
	}
	return &Result{Manifest: c.m}, nil
}

type cifar100Reader struct {
	opt          CIFAR100Options
	fine, coarse []string
	m            *manifests.Manifest
}

func (c *cifar100Reader) add(ctx context.Context, file, uri, split string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = eachCIFAR100(f, func(number int, coarse, fine byte, whole bool) error {
		r := manifests.Record{
			ID: fmt.Sprintf("%s/%d", split, number), URI: cifar100URI(uri, number), Kind: manifests.Image, Label: manifests.NoLabel,
			Split: split, Dataset: c.opt.Dataset, Status: manifests.Found,
		}
		switch {
		case !whole:
			r.Status, r.Reason = manifests.Rejected, tooShort
		case int(fine) >= len(c.fine) || int(coarse) >= len(c.coarse):
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("coarse class %d, fine class %d: there are %d and %d, from 0", coarse, fine, len(c.coarse), len(c.fine))
		case c.opt.Coarse:
			r.Label, r.LabelName, r.Extra = int32(coarse), c.coarse[coarse], map[string]string{"fine": c.fine[fine]}
		default:
			r.Label, r.LabelName, r.Extra = int32(fine), c.fine[fine], map[string]string{"coarse": c.coarse[coarse]}
		}
		c.m.Records = append(c.m.Records, r)
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// eachCIFAR100 calls record for each record of a file; one that the file's end cuts off is not whole.
func eachCIFAR100(r io.Reader, record func(number int, coarse, fine byte, whole bool) error) error {
	buffered := bufio.NewReaderSize(r, 1<<18)
	var buffer [cifar100Record]byte
	for number := 0; ; number++ {
		_, err := io.ReadFull(buffered, buffer[:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		cut := errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !cut {
			return fmt.Errorf("record %d: %w", number, err)
		}
		if err := record(number, buffer[0], buffer[1], !cut); err != nil || cut {
			return err
		}
	}
}
