package shard

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

// Kinds of files that a shard may be.
const (
	Arrow      = "arrow"      // Arrow IPC
	Parquet    = "parquet"    // one row group for each record batch
	WebDataset = "webdataset" // tar
)

// Files lists the kinds of files.
func Files() []string { return []string{Arrow, Parquet, WebDataset} }

// fileKind is how one kind of file is written and read.
type fileKind struct {
	suffix       string
	compressions []string
	create       func(w *output, schema *arrow.Schema, job Job, firstRow int) (sink, error)
	open         func(r io.ReaderAt, size int64, job Job) (batches, error)
}

// sink writes record batches to a file.
type sink interface {
	Write(record arrow.Record) error
	Close() error // does not close the file
}

// batches reads the record batches of a file.
type batches interface {
	meta() (batch.Meta, error)
	count() int // -1 where only the index knows
	record(i, rows int, mem memory.Allocator) (arrow.Record, error)
}

var fileKinds = map[string]fileKind{
	Arrow:      {".arrow", []string{"none", "lz4", "zstd"}, createIPC, openArrow},
	Parquet:    {".parquet", []string{"none", "zstd"}, createParquet, openParquet},
	WebDataset: {".tar", []string{"none"}, createTar, openTar},
}

// kind is the job's kind of file.
func (j Job) kind() fileKind {
	if j.Files == "" {
		return fileKinds[Arrow]
	}
	return fileKinds[j.Files]
}

// CheckFiles says whether files of that kind can be compressed so. Empty stands for Arrow and "none".
func CheckFiles(files, compression string) error {
	kind, ok := fileKinds[files]
	switch {
	case files == "":
		kind = fileKinds[Arrow]
	case !ok:
		return fmt.Errorf("files of kind %q: use one of %s", files, strings.Join(Files(), ", "))
	}
	if compression != "" && !slices.Contains(kind.compressions, compression) {
		return fmt.Errorf("compression %q: %s files take one of %s", compression, strings.TrimPrefix(kind.suffix, "."), strings.Join(kind.compressions, ", "))
	}
	return nil
}

func createIPC(w *output, schema *arrow.Schema, job Job, _ int) (sink, error) {
	options := []ipc.Option{ipc.WithSchema(schema)}
	switch job.Compression {
	case "lz4":
		options = append(options, ipc.WithLZ4())
	case "zstd":
		options = append(options, ipc.WithZstd())
	}
	return ipc.NewFileWriter(w, options...)
}

func openArrow(r io.ReaderAt, size int64, _ Job) (batches, error) { return openIPC(r, size) }

// count is the number of record batches.
func (f *ipcFile) count() int { return len(f.blocks) }

// meta reads the metadata and checks that the columns are those of a batch of clips.
func (f *ipcFile) meta() (batch.Meta, error) {
	meta, err := batch.MetaOf(f.schema)
	if err == nil && !f.schema.Equal(batch.Schema(meta)) {
		err = fmt.Errorf("its columns are not those of a batch of clips: its schema is %s", f.schema)
	}
	return meta, err
}
