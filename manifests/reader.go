package manifests

import (
	"errors"
	"fmt"

	"padapter/manifests/storage"
)

// Reader reads a manifest in parts, so that it need not fit into memory. A goroutine prefetches while the caller works
// on a part. A Reader must not be used concurrently, and the caller must close it.
type Reader struct {
	path  string
	head  *Manifest
	parts chan []Record
	free  chan []Record // empty buffers
	stop  chan struct{}
	ended chan struct{}
	err   error // valid when ended is closed
}

// prefetch is the number of parts in memory: one being filled, one ready, one in use by the caller.
const prefetch = 3

var errStopped = errors.New("the reader was closed")

// Open opens a manifest in the format of the file's extension. If the header has no classes, the file is read twice, to
// collect the classes that its records name.
func Open(path string) (*Reader, error) {
	r, err := open(path)
	if err != nil || len(r.head.Classes) > 0 {
		return r, err
	}
	given := newGivenClasses()
	for part := range r.all() {
		given.add(part)
	}
	r.Close()
	if r.err != nil {
		return nil, r.err
	}
	r, err = open(path)
	if list := given.classes(); err == nil && list != nil {
		r.head.Classes = list
	}
	return r, err
}

func open(path string) (*Reader, error) {
	kind, err := formOf(path)
	if err != nil {
		return nil, err
	}
	f, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	r := &Reader{path: path, parts: make(chan []Record), free: make(chan []Record, prefetch), stop: make(chan struct{}), ended: make(chan struct{})}
	for range prefetch {
		r.free <- nil
	}
	heads := make(chan *Manifest)
	go r.read(f, kind, heads)
	select {
	case r.head = <-heads:
	case <-r.ended:
		return nil, r.err
	}
	return r, nil
}

// read reads the file to its end or until the reader is closed.
func (r *Reader) read(f storage.Object, kind form, heads chan<- *Manifest) {
	defer close(r.ended)
	defer close(r.parts)
	in := &collector{m: new(Manifest)}
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

// take replaces m.Records by an empty buffer.
func (r *Reader) take(m *Manifest) error {
	select {
	case m.Records = <-r.free:
		return nil
	case <-r.stop:
		return errStopped
	}
}

// Head returns the manifest without its records. The caller must not change it.
func (r *Reader) Head() *Manifest { return r.head }

// Parts returns the records. It can be called once. They are validated as by Validate; errors are reported at the end,
// instead of a part.
func (r *Reader) Parts() Parts {
	return Checked(r.head, "read manifest "+r.path, func(yield func([]Record, error) bool) {
		for part := range r.all() {
			if !yield(part, nil) {
				return
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
	})
}

// Checked passes parts on and validates them as Manifest.Validate does. Errors are reported at the end, instead of a
// part, prefixed with doing.
func Checked(head *Manifest, doing string, parts Parts) Parts {
	return func(yield func([]Record, error) bool) {
		check := newValidator(head)
		for part, err := range parts {
			check.add(part)
			if !yield(part, err) || err != nil {
				return
			}
		}
		if err := check.err(); err != nil {
			yield(nil, fmt.Errorf("%s: %w", doing, err))
		}
	}
}

// OfSplit passes on the records of one split; an empty name passes all.
func OfSplit(parts Parts, name string) Parts {
	if name == "" {
		return parts
	}
	return func(yield func([]Record, error) bool) {
		var kept []Record
		for part, err := range parts {
			kept = kept[:0]
			for i := range part {
				if part[i].Split == name {
					kept = append(kept, part[i])
				}
			}
			if !yield(kept, err) {
				return
			}
		}
	}
}

// all returns the parts without validation. Afterwards r.err is the error, if any.
func (r *Reader) all() func(yield func([]Record) bool) {
	return func(yield func([]Record) bool) {
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

// Close stops reading. It may be called repeatedly.
func (r *Reader) Close() {
	select {
	case <-r.stop:
	default:
		close(r.stop)
	}
	<-r.ended
}
