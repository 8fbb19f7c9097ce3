package label

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"padapter/manifests/storage"
)

// head reads what a part says about itself.
func (l *Ledger) head(name string) (head partHead, err error) {
	archive, done, err := l.archive(name)
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return l.headOf(archive)
}

// archive opens a part; done closes it.
func (l *Ledger) archive(name string) (_ *zip.Reader, done func() error, err error) {
	o, err := storage.Open(l.partPath(name))
	if err != nil {
		return nil, nil, err
	}
	archive, err := zip.NewReader(o, o.Size())
	if err != nil {
		return nil, nil, errors.Join(err, o.Close())
	}
	return archive, o.Close, nil
}

func (l *Ledger) headOf(archive *zip.Reader) (head partHead, err error) {
	text, err := entry(archive, headName)
	if err != nil {
		return head, err
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return head, err
	}
	if head.Format != ledgerFormat || head.Targets != len(l.targets) {
		return head, fmt.Errorf("format %d with %d networks, want %d with %d", head.Format, head.Targets, ledgerFormat, len(l.targets))
	}
	return head, nil
}

// entry reads a file of an archive and checks its checksum.
func entry(archive *zip.Reader, name string) (content []byte, err error) {
	f, err := archive.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}

// openParts is how many parts are open while rows are read in an order other than the parts'.
const openParts = 8

// Reader reads the rows of one target. It belongs to one goroutine and is to be closed.
type Reader struct {
	ledger *Ledger
	target int
	open   []*openPart // least recently used first
}

// openPart is a part whose rows are read.
type openPart struct {
	number int32
	inputs []partInput
	first  []int // first row of each input
	table  *ipc.FileReader
	starts []int // first row of each record batch
	record arrow.Record
	at     int // record batch that record is; -1 for none
}

// Reader returns a reader of one target's rows.
func (l *Ledger) Reader(target int) *Reader { return &Reader{ledger: l, target: target} }

// Rows calls visit for each row of an input.
func (r *Reader) Rows(c Content, visit func(Row) error) error {
	p, ok := r.ledger.done[c]
	if !ok {
		return fmt.Errorf("read ledger %s: an input has no rows yet", r.ledger.dir)
	}
	part, err := r.part(p.part)
	if err != nil {
		return r.damaged(p.part, err)
	}
	from := part.first[p.input]
	for i := range part.inputs[p.input].Rows {
		row, err := part.row(from + i)
		if err != nil {
			return r.damaged(p.part, err)
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}

// Extra is what was kept with an input; nil for nothing.
func (r *Reader) Extra(c Content) (json.RawMessage, error) {
	p, ok := r.ledger.done[c]
	if !ok {
		return nil, fmt.Errorf("read ledger %s: an input has no rows yet", r.ledger.dir)
	}
	part, err := r.part(p.part)
	if err != nil {
		return nil, r.damaged(p.part, err)
	}
	return part.inputs[p.input].Extra, nil
}

func (r *Reader) damaged(part int32, err error) error {
	return fmt.Errorf("read part %s: %w: remove it and run again", r.ledger.partPath(r.ledger.parts[part]), err)
}

// part opens a part, or finds it open.
func (r *Reader) part(number int32) (*openPart, error) {
	if i := slices.IndexFunc(r.open, func(p *openPart) bool { return p.number == number }); i >= 0 {
		p := r.open[i]
		r.open = append(slices.Delete(r.open, i, i+1), p)
		return p, nil
	}
	p, err := r.ledger.openPart(number, r.target)
	if err != nil {
		return nil, err
	}
	if len(r.open) == openParts {
		if err := r.open[0].close(); err != nil {
			return nil, err
		}
		r.open = slices.Delete(r.open, 0, 1)
	}
	r.open = append(r.open, p)
	return p, nil
}

func (l *Ledger) openPart(number int32, target int) (_ *openPart, err error) {
	archive, done, err := l.archive(l.parts[number])
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	head, err := l.headOf(archive)
	if err != nil {
		return nil, err
	}
	content, err := entry(archive, rowsName(target))
	if err != nil {
		return nil, err
	}
	p := &openPart{number: number, inputs: head.Inputs, at: -1}
	total := 0
	for _, in := range head.Inputs {
		p.first = append(p.first, total)
		total += in.Rows
	}
	schema, err := rowSchema(l.targets[target])
	if err != nil {
		return nil, err
	}
	if p.table, err = ipc.NewFileReader(bytes.NewReader(content)); err != nil {
		return nil, err
	}
	if !p.table.Schema().Equal(schema) {
		return nil, errors.Join(errors.New("its columns are other ones"), p.table.Close())
	}
	for from := 0; from < total; from += partRows {
		p.starts = append(p.starts, from)
	}
	if got := p.table.NumRecords(); got != len(p.starts) {
		return nil, errors.Join(fmt.Errorf("%d batches of rows, want %d", got, len(p.starts)), p.table.Close())
	}
	return p, nil
}

// row is row i of the part.
func (p *openPart) row(i int) (Row, error) {
	if at := i / partRows; at != p.at {
		record, err := p.table.RecordAt(at)
		if err != nil {
			return Row{}, err
		}
		if p.record != nil {
			p.record.Release()
		}
		p.record, p.at = record, at
	}
	if in := i - p.starts[p.at]; in < int(p.record.NumRows()) {
		return rowOf(p.record, in), nil
	}
	return Row{}, fmt.Errorf("row %d is missing", i)
}

func (p *openPart) close() error {
	if p.record != nil {
		p.record.Release()
	}
	return p.table.Close()
}

// Close closes the parts that are open.
func (r *Reader) Close() error {
	var errs []error
	for _, p := range r.open {
		errs = append(errs, p.close())
	}
	r.open = nil
	return errors.Join(errs...)
}
