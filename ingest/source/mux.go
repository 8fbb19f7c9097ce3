package source

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// keptContainers is how many archives and the like stay open unused, for the next record of theirs.
const keptContainers = 8

// recentBytes bounds the memory that pieces of compressed containers take.
const recentBytes = 128 << 20

// Mux opens URIs of every form.
type Mux struct {
	files      *Files // nil when the root lies on an object store
	root       URI    // there
	drivers    map[Form]func(ctx context.Context, name string) (*bucket, error)
	buckets    *refCache[*bucket]
	containers *refCache[container]
	recent     *lruCache
}

// container is an open file that holds several objects.
type container interface {
	// open opens one object. When there is no error, release is called once after its use; it keeps the container open.
	open(ctx context.Context, u URI, release func() error) (Object, error)
	Close() error
}

// Open makes a source of everything that a manifest with this root may name. Plain paths, alone and within other URIs,
// start from the root and don't lead out of it. The root is a folder, which must exist, or s3://BUCKET/PREFIX and the
// like, which other objects must lie below too; with an empty root plain paths must be absolute.
func Open(ctx context.Context, root string) (*Mux, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := &Mux{drivers: drivers, buckets: newRefCache[*bucket](keptBuckets), containers: newRefCache[container](keptContainers), recent: newLRUCache(recentBytes)}
	if u, err := Parse(root); err == nil && u.Bucket != "" {
		if u.Path != "" && !strings.HasSuffix(u.Path, "/") {
			u.Path += "/"
		}
		m.root = u
		return m, nil
	}
	var err error
	m.files, err = NewFiles(root)
	return m, err
}

// Close ends the source; objects that are open stay usable.
func (m *Mux) Close() error {
	if m == nil {
		return nil
	}
	return errors.Join(m.containers.close(), m.buckets.close(), m.files.Close())
}

// Open opens what a URI names. Reads of the object heed the context too.
func (m *Mux) Open(ctx context.Context, uri string) (Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	u, err := Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	var o Object
	if _, inside := keysOf[u.Form]; inside {
		o, err = m.openInside(ctx, u)
	} else {
		o, err = m.openWhole(ctx, u)
	}
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", uri, err)
	}
	return o, nil
}

func (m *Mux) openWhole(ctx context.Context, u URI) (Object, error) {
	e, err := m.byteRange(ctx, u)
	if err != nil {
		return nil, err
	}
	return newPart(ctx, e, 0, e.Size(), e.Close), nil
}

// byteRange opens a file or an object on an object store.
func (m *Mux) byteRange(ctx context.Context, u URI) (byteRange, error) {
	switch {
	case u.Bucket != "":
		if m.root.Bucket != "" && !strings.HasPrefix(u.String(), m.root.String()) {
			return nil, fmt.Errorf("it lies outside the root %s", m.root)
		}
		return m.object(ctx, u)
	case m.root.Bucket != "":
		at, err := m.root.below(u.Path)
		if err != nil {
			return nil, err
		}
		return m.object(ctx, at)
	}
	return m.files.byteRange(u.Path)
}

func (m *Mux) openInside(ctx context.Context, u URI) (Object, error) {
	c, release, err := m.containers.acquire(ctx, string(u.Form)+":"+u.Path, func() (container, error) {
		at, err := Parse(u.Path)
		if err != nil {
			return nil, err
		}
		e, err := m.byteRange(ctx, at)
		if err != nil {
			return nil, err
		}
		c, err := m.openContainer(ctx, u.Form, e)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		return c, nil
	})
	if err != nil {
		return nil, err
	}
	o, err := c.open(ctx, u, release)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return o, nil
}

// openContainer makes a byte range into a container that owns it, unless there is an error.
func (m *Mux) openContainer(ctx context.Context, form Form, e byteRange) (container, error) {
	switch form {
	case Tar:
		return openTar(ctx, e, m.recent)
	case Parquet:
		return openCells(ctx, e, m.recent)
	case CIFAR100:
		return openCIFAR100(e), nil
	case SVHN:
		return openSVHN(ctx, e)
	}
	return nil, fmt.Errorf("scheme %q holds no objects", form)
}
