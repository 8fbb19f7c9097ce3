package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"gocloud.dev/blob"

	"padapter/manifests/storage"
)

const (
	storeAnswers  = time.Minute // an object store answers within this, or it is taken for dead
	storeBytes    = 16 << 20    // and moves so many bytes in that time
	uploadPart    = 8 << 20     // bytes of a part of an upload
	uploadsAtOnce = 2           // parts of one object that are on their way
)

// errStalled is of transfers that got nowhere.
var errStalled = fmt.Errorf("the object store has not moved %d MiB in %s", storeBytes>>20, storeAnswers)

// Store keeps whole files on object stores: see package storage. Reading ends with the context; what is being written may
// still be completed then. It is to be closed after all that it opened.
type Store struct {
	ctx context.Context
	mux *Mux
}

// NewStore makes a store of s3://, gs:// and azblob://, with the accounts of the environment.
func NewStore(ctx context.Context) *Store {
	return &Store{ctx: ctx, mux: &Mux{drivers: drivers, buckets: newRefCache[*bucket](keptBuckets)}}
}

// Register makes names on object stores lead here for all of this process, until unregister is called.
func (s *Store) Register() (unregister func()) {
	var all []func()
	for form := range s.mux.drivers {
		all = append(all, storage.Register(string(form), s))
	}
	return func() {
		for _, f := range all {
			f()
		}
	}
}

// Close closes connections.
func (s *Store) Close() error { return s.mux.buckets.close() }

// at parses a name and gives its bucket.
func (s *Store) at(ctx context.Context, name string) (u URI, b *bucket, release func() error, err error) {
	if u, err = Parse(name); err != nil {
		return u, nil, nil, err
	}
	if u.Bucket == "" {
		return u, nil, nil, fmt.Errorf("%s is not on an object store", name)
	}
	b, release, err = s.mux.bucket(ctx, u)
	return u, b, release, err
}

// Open opens an object, which is read in ranges.
func (s *Store) Open(name string) (storage.Object, error) {
	ctx, cancel := context.WithTimeoutCause(s.ctx, storeAnswers, errStalled)
	defer cancel()
	u, err := Parse(name)
	if err == nil && u.Bucket == "" {
		err = errors.New("it is not on an object store")
	}
	var e byteRange
	if err == nil {
		e, err = s.mux.object(ctx, u)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, stalled(ctx, err))
	}
	return &storedObject{byteRange: e, ctx: s.ctx, name: name}, nil
}

// stalled names the reason of a time-out.
func stalled(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return fmt.Errorf("%w: %w", errStalled, err)
	}
	return err
}

// storedObject reads within the store's context.
type storedObject struct {
	byteRange
	ctx  context.Context
	name string
}

func (o *storedObject) ReadAt(p []byte, off int64) (int, error) {
	ctx, cancel := context.WithTimeoutCause(o.ctx, storeAnswers*time.Duration(1+len(p)/storeBytes), errStalled)
	defer cancel()
	n, err := o.ReadAtContext(ctx, p, off)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read %s: %w", o.name, stalled(ctx, err))
	}
	return n, err
}

// List visits what lies directly below a prefix.
func (s *Store) List(name string, visit func(storage.Entry) error) (err error) {
	u, b, release, err := s.at(s.ctx, name)
	if err != nil {
		return fmt.Errorf("list %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, release()) }()
	if u.Path != "" && !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	all := b.List(&blob.ListOptions{Prefix: u.Path, Delimiter: "/"})
	for {
		ctx, cancel := context.WithTimeoutCause(s.ctx, storeAnswers, errStalled)
		o, err := all.Next(ctx)
		cancel()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list %s: %w", name, stalled(ctx, storeError(s.ctx, err)))
		}
		e := storage.Entry{Name: strings.TrimSuffix(strings.TrimPrefix(o.Key, u.Path), "/"), Folder: o.IsDir}
		if e.Name == "" { // an empty object that stands for the folder
			continue
		}
		if !e.Folder {
			e.Size = o.Size
		}
		if err := visit(e); err != nil {
			return err
		}
	}
}

// Remove removes an object, if it is there.
func (s *Store) Remove(name string) (err error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(s.ctx), storeAnswers, errStalled)
	defer cancel()
	u, b, release, err := s.at(ctx, name)
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, release()) }()
	switch err := storeError(ctx, b.Delete(ctx, u.Path)); {
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("remove %s: %w", name, stalled(ctx, err))
	}
}

// Create begins an upload. Memory is a few parts of it.
func (s *Store) Create(name string) (storage.Draft, error) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(s.ctx))
	u, b, release, err := s.at(ctx, name)
	if err == nil && u.Path == "" {
		err = errors.Join(errors.New("it names a bucket, not an object in it"), release())
	}
	if err != nil {
		cancel(nil)
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	d := &upload{name: name, ctx: ctx, cancel: cancel, release: release}
	d.watch = time.AfterFunc(storeAnswers, func() { cancel(errStalled) })
	if d.to, err = b.NewWriter(ctx, u.Path, &blob.WriterOptions{BufferSize: uploadPart, MaxConcurrency: uploadsAtOnce, ContentType: "application/octet-stream"}); err != nil {
		return nil, fmt.Errorf("create %s: %w", name, errors.Join(err, d.Abort()))
	}
	return d, nil
}

// upload is an object on its way. It appears when the upload is completed, and not before.
type upload struct {
	name    string
	ctx     context.Context
	cancel  context.CancelCauseFunc
	release func() error
	watch   *time.Timer // cancels an upload that gets nowhere
	to      *blob.Writer
	done    bool
}

// Write takes bytes; they are sent when there are enough of them.
func (d *upload) Write(p []byte) (n int, err error) {
	if d.done {
		return 0, fmt.Errorf("write %s: it was published or discarded already", d.name)
	}
	d.watch.Reset(d.within(len(p)))
	if n, err = d.to.Write(p); err != nil {
		err = fmt.Errorf("write %s: %w", d.name, stalled(d.ctx, err))
	}
	d.watch.Stop() // whoever fills it may take as long as they like
	return n, err
}

// within is how long moving what is buffered and n bytes may take.
func (d *upload) within(n int) time.Duration {
	return storeAnswers * time.Duration(1+(n+(uploadsAtOnce+1)*uploadPart)/storeBytes)
}

// Commit completes the upload.
func (d *upload) Commit() error {
	if d.done {
		return fmt.Errorf("publish %s: it was published or discarded already", d.name)
	}
	d.done = true
	d.watch.Reset(d.within(0))
	err := d.to.Close()
	if err != nil {
		err = fmt.Errorf("publish %s: %w", d.name, stalled(d.ctx, err))
	}
	return errors.Join(err, d.end())
}

// Abort gives the upload up. What was sent is the store's to forget.
func (d *upload) Abort() error {
	if d == nil || d.done {
		return nil
	}
	d.done = true
	d.cancel(errors.New("it was given up"))
	if d.to != nil {
		_ = d.to.Close() // it must fail, since its context is over
	}
	return d.end()
}

func (d *upload) end() error {
	d.watch.Stop()
	d.cancel(nil)
	return d.release()
}
