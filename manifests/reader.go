package manifests

import (
	"errors"
	"fmt"

	"padapter/manifests/storage"
)

// Reader reads a manifest part by part, so that it need never be in memory whole. Reading goes on in a goroutine of its
// own while the receiver works on a part; a Reader belongs to one goroutine and is to be closed.
type Reader struct {
	path  string
	head  *Manifest
	parts chan []Record
	free  chan []Record // buffers to fill
	stop  chan struct{}
	ended chan struct{}
	err   error    // once ended is closed
	rest  []Record // of a manifest that had to be read whole
}

// readAhead is how many parts there are at once: one that is being filled, one that waits, one that the receiver has.
const readAhead = 3

var errStopped = errors.New("the reader was closed")

// Open opens a manifest in the form that the name's ending says. A manifest whose classes only its records tell is read
// whole.
func Open(path string) (*Reader, error) {
	kind, err := formOf(path)
	if err != nil {
		return nil, err
	}
	f, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	r := &Reader{path: path, parts: make(chan []Record), free: make(chan []Record, readAhead), stop: make(chan struct{}), ended: make(chan struct{})}
	for range readAhead {
		r.free <- nil
	}
	heads := make(chan *Manifest)
	go r.read(f, kind, heads)
	select {
	case r.head = <-heads:
	case <-r.ended:
		return nil, r.err
	}
	if len(r.head.Classes) > 0 {
		return r, nil
	}
	r.Close()
	m, err := ReadUnchecked(path)
	if err != nil {
		return nil, err
	}
	r.rest = m.Records
	m.Records = nil
	r.head = m
	return r, nil
}

// read reads the file to its end, unless the reader is closed before.
func (r *Reader) read(f storage.Object, kind form, heads chan<- *Manifest) {
	defer close(r.ended)
	defer close(r.parts)
	in := &intake{m: new(Manifest)}
	in.begin = func() error {
		head := *in.m
		head.Records = nil
		select {
		case heads <- &head:
			return r.take(in.m)
		case <-r.stop:
			return errStopped
		}
	}
	in.hand = func() error {
		select {
		case r.parts <- in.m.Records:
			return r.take(in.m)
		case <-r.stop:
			return errStopped
		}
	}
	err := kind.read(f, in)
	if err == nil {
		err = in.pass(true)
	}
	if err = errors.Join(err, f.Close()); err != nil && !errors.Is(err, errStopped) {
		r.err = fmt.Errorf("read manifest %s: %w", r.path, err)
	}
}

// take gives a manifest an empty buffer for its records.
func (r *Reader) take(m *Manifest) error {
	select {
	case m.Records = <-r.free:
		return nil
	case <-r.stop:
		return errStopped
	}
}

// Head is the manifest without its records. It is the reader's.
func (r *Reader) Head() *Manifest { return r.head }

// Parts are the records, once. They are checked as Validate does it; mistakes are told at the end, in place of a part.
func (r *Reader) Parts() Parts {
	return func(yield func([]Record, error) bool) {
		check := newValidator(r.head)
		for part := range r.all() {
			check.add(part)
			if !yield(part, nil) {
				return
			}
		}
		err := r.err
		if err == nil {
			if err = check.err(); err != nil {
				err = fmt.Errorf("read manifest %s: %w", r.path, err)
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// all are the parts, whatever is in them. Afterwards r.err says whether that was all.
func (r *Reader) all() func(yield func([]Record) bool) {
	return func(yield func([]Record) bool) {
		if r.rest != nil {
			yield(r.rest)
			return
		}
		for part := range r.parts {
			if !yield(part) {
				return
			}
			select {
			case r.free <- part[:0]:
			default:
			}
		}
	}
}

// Close ends the reading. It may be called again.
func (r *Reader) Close() {
	select {
	case <-r.stop:
	default:
		close(r.stop)
	}
	<-r.ended
}
