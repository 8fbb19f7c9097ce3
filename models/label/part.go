package label

import (
	"archive/zip"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/storage"
)

// headName is the file of a part that says what it holds; the others are rowsName's, Arrow IPC files, one for each target.
const headName = "part.json"

func rowsName(target int) string { return fmt.Sprintf("rows-%d.arrow", target) }

// partHead is what a part says about itself.
type partHead struct {
	Format  int         `json:"format"`
	Attempt int         `json:"attempt"`
	Targets int         `json:"targets"`
	Inputs  []partInput `json:"inputs"` // in the order of their rows
}

type partInput struct {
	Input
	Rows   int             `json:"rows"`   // of each target
	Failed int             `json:"failed"` // of them, with an error
	Extra  json.RawMessage `json:"extra,omitempty"`
}

// partRows is how many rows of a part are in memory at once, as Go or Arrow values.
const partRows = 1024

// Part is a part in the making. It belongs to one goroutine and is to be ended with Commit or Abort; Abort after
// Commit does nothing. Rows are held in memory, compressed.
type Part struct {
	ledger *Ledger
	name   string
	head   partHead
	files  []*partFile
	ended  bool
}

type partFile struct {
	bytes memoryFile
	table *ipc.FileWriter
	rows  *rowBuilder
}

// memoryFile is a file in memory that is written from its beginning to its end.
type memoryFile struct{ bytes.Buffer }

// Seek tells where the next byte goes, and cannot go anywhere else.
func (f *memoryFile) Seek(offset int64, whence int) (int64, error) {
	if at := int64(f.Len()); offset == 0 && whence != io.SeekStart || offset == at && whence == io.SeekStart {
		return at, nil
	}
	return 0, errors.New("seek: what has been written stays")
}

// partNameOf is the same for the same inputs in the same attempt.
func partNameOf(inputs []Input, attempt int) string {
	fields := []string{fmt.Sprint(attempt)}
	for _, in := range inputs {
		fields = append(fields, string(in.Content[:]))
	}
	c := ContentOf(fields...)
	return hex.EncodeToString(c[:])
}

// Has says whether the ledger has the part of these inputs, whole, and how many rows it has and how many with errors.
func (l *Ledger) Has(inputs []Input, attempt int) (rows, failed int, ok bool) {
	head, err := l.head(partNameOf(inputs, attempt))
	if err != nil || len(head.Inputs) != len(inputs) {
		return 0, 0, false
	}
	for _, in := range head.Inputs {
		rows, failed = rows+in.Rows, failed+in.Failed
	}
	return rows, failed, true
}

// Create starts the part of these inputs.
func (l *Ledger) Create(inputs []Input, attempt int) (*Part, error) {
	p := &Part{ledger: l, name: partNameOf(inputs, attempt), head: partHead{Format: ledgerFormat, Attempt: attempt, Targets: len(l.targets)}}
	for _, in := range inputs {
		p.head.Inputs = append(p.head.Inputs, partInput{Input: in})
	}
	for _, from := range l.targets {
		schema, err := rowSchema(from)
		if err != nil {
			return nil, err
		}
		f := &partFile{rows: newRowBuilder(memory.DefaultAllocator, schema)}
		p.files = append(p.files, f)
		if f.table, err = ipc.NewFileWriter(&f.bytes, ipc.WithSchema(schema), ipc.WithZstd()); err != nil {
			return nil, errors.Join(fmt.Errorf("begin part: %w", err), p.Abort())
		}
	}
	return p, nil
}

// Add adds a row of each target to input number i, which is not less than that of the call before.
func (p *Part) Add(i int, rows []Scored) error {
	if len(rows) != len(p.files) || i < 0 || i >= len(p.head.Inputs) {
		return fmt.Errorf("write part: input %d of %d, %d rows for %d networks", i, len(p.head.Inputs), len(rows), len(p.files))
	}
	in := &p.head.Inputs[i]
	in.Rows++
	failed := false
	for k, f := range p.files {
		failed = failed || rows[k].Row.Error != ""
		f.rows.append(rows[k].Row)
		if f.rows.count%partRows == 0 {
			if err := f.flush(); err != nil {
				return err
			}
		}
	}
	if failed {
		in.Failed++
	}
	return nil
}

// Extra keeps something of the caller's with input i.
func (p *Part) Extra(i int, v any) (err error) {
	if p.head.Inputs[i].Extra, err = json.Marshal(v); err != nil {
		return fmt.Errorf("write part: %w", err)
	}
	return nil
}

func (f *partFile) flush() error {
	record := f.rows.NewRecord()
	defer record.Release()
	if record.NumRows() == 0 {
		return nil
	}
	if err := f.table.Write(record); err != nil {
		return fmt.Errorf("write part: %w", err)
	}
	return nil
}

// Commit makes the part appear. Every input must have a row: a Part never leaves one out.
func (p *Part) Commit() (rows, failed int, err error) {
	if p.ended {
		return 0, 0, errors.New("commit part: it was committed or aborted already")
	}
	defer func() { err = errors.Join(err, p.Abort()) }()
	for i, in := range p.head.Inputs {
		if in.Rows == 0 {
			return 0, 0, fmt.Errorf("commit part: input %d of %d has no row", i, len(p.head.Inputs))
		}
		rows, failed = rows+in.Rows, failed+in.Failed
	}
	for _, f := range p.files {
		if err := errors.Join(f.flush(), f.table.Close()); err != nil {
			return 0, 0, err
		}
		f.table = nil
	}
	return rows, failed, storage.Write(p.ledger.partPath(p.name), p.write)
}

func (p *Part) write(w io.Writer) error {
	archive := zip.NewWriter(w)
	text, err := json.Marshal(p.head)
	if err == nil {
		err = store(archive, headName, zip.Deflate, text)
	}
	for k, f := range p.files {
		if err == nil {
			err = store(archive, rowsName(k), zip.Store, f.bytes.Bytes())
		}
	}
	return errors.Join(err, archive.Close())
}

func store(archive *zip.Writer, name string, method uint16, content []byte) error {
	w, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

// Abort drops the part.
func (p *Part) Abort() error {
	if p.ended {
		return nil
	}
	p.ended = true
	var errs []error
	for _, f := range p.files {
		if f.table != nil {
			errs = append(errs, f.table.Close())
		}
		f.rows.Release()
	}
	p.files = nil
	return errors.Join(errs...)
}
