package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

const (
	blockSize   = 256 << 10 // what a read of a few bytes fetches
	longestRun  = 4         // blocks fetched at once by who reads one after the other
	keptBlocks  = 32        // of one object: 8 MiB
	keptBuckets = 4         // open and unused
)

// bucket is an open bucket with what else must be closed.
type bucket struct {
	*blob.Bucket
	also func() // nil: nothing
}

func (b *bucket) Close() error {
	err := b.Bucket.Close()
	if b.also != nil {
		b.also()
	}
	return err
}

// drivers open buckets by the form of their URIs; each is in a file of its own.
var drivers = map[Form]func(ctx context.Context, name string) (*bucket, error){S3: openS3, GS: openGS, AzBlob: openAzBlob}

// object opens an object on an object store.
func (m *Mux) object(ctx context.Context, u URI) (byteRange, error) {
	if u.Path == "" {
		return nil, errors.New("it names a bucket, not an object in it")
	}
	b, release, err := m.bucket(ctx, u)
	if err != nil {
		return nil, err
	}
	attrs, err := b.Attributes(ctx, u.Path)
	if err != nil {
		return nil, errors.Join(storeError(ctx, err), release())
	}
	return &remote{bucket: b, key: u.Path, size: attrs.Size, changed: attrs.ModTime, release: release, blocks: map[int64]*block{}}, nil
}

func (m *Mux) bucket(ctx context.Context, u URI) (*bucket, func() error, error) {
	return m.buckets.acquire(ctx, string(u.Form)+"://"+u.Bucket, func() (*bucket, error) {
		b, err := m.drivers[u.Form](ctx, u.Bucket)
		if err != nil {
			return nil, fmt.Errorf("open bucket %s://%s: %w", u.Form, u.Bucket, err)
		}
		return b, nil
	})
}

// storeError makes an object store's error one of ours.
func storeError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case gcerrors.Code(err) == gcerrors.NotFound:
		return fmt.Errorf("%w (%v)", fs.ErrNotExist, err)
	}
	return err
}

// remote is an object on an object store, read in ranges. What was read stays in a few blocks; who reads them one after
// the other gets several at once.
type remote struct {
	bucket  *bucket
	key     string
	size    int64
	changed time.Time
	release func() error

	mu     sync.Mutex
	blocks map[int64]*block
	clock  int64
	ranges int // fetched
}

// block is a stretch of an object, or the fetch of it that is under way.
type block struct {
	done chan struct{} // closed when the fetch ended
	data []byte        // nil if it failed
	used int64
}

func (r *remote) Size() int64 { return r.size }

func (r *remote) ReadAtContext(ctx context.Context, p []byte, off int64) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= r.size {
			return n, io.EOF
		}
		if rest := min(int64(len(p)-n), r.size-at); rest >= longestRun*blockSize { // no use for blocks
			if err := r.fetch(ctx, p[n:n+int(rest)], at); err != nil {
				return n, err
			}
			n += int(rest)
			continue
		}
		data, err := r.block(ctx, at/blockSize)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], data[at%blockSize:])
	}
	return n, nil
}

// block gives a block, of which it fetches those behind it too when the ones before it have been read.
func (r *remote) block(ctx context.Context, i int64) ([]byte, error) {
	for {
		r.mu.Lock()
		r.clock++
		if b, ok := r.blocks[i]; ok {
			b.used = r.clock
			r.mu.Unlock()
			select {
			case <-b.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if b.data != nil {
				return b.data, nil
			}
			continue // whoever fetched it failed; it was taken out
		}
		run := r.plan(i)
		r.mu.Unlock()
		if err := r.fill(ctx, i, run); err != nil {
			return nil, err
		}
		return run[0].data, nil
	}
}

// plan enters the blocks that are to be fetched from block i on. The lock is held.
func (r *remote) plan(i int64) []*block {
	length := 1
	for length < longestRun && r.blocks[i-int64(length)] != nil {
		length++
	}
	var run []*block
	for k := i; k < i+int64(length) && k*blockSize < r.size && r.blocks[k] == nil; k++ {
		b := &block{done: make(chan struct{}), used: r.clock}
		r.blocks[k] = b
		run = append(run, b)
	}
	for len(r.blocks) > keptBlocks {
		oldest := int64(-1)
		for k, b := range r.blocks {
			select {
			case <-b.done:
				if oldest < 0 || b.used < r.blocks[oldest].used {
					oldest = k
				}
			default: // under way
			}
		}
		if oldest < 0 {
			break
		}
		delete(r.blocks, oldest)
	}
	return run
}

// fill fetches the blocks of a run, or takes them out again.
func (r *remote) fill(ctx context.Context, first int64, run []*block) error {
	start := first * blockSize
	data := make([]byte, min(int64(len(run))*blockSize, r.size-start))
	err := r.fetch(ctx, data, start)
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, b := range run {
		if err != nil {
			delete(r.blocks, first+int64(k))
		} else {
			from := k * blockSize
			b.data = data[from:min(from+blockSize, len(data))]
		}
		close(b.done)
	}
	return err
}

// fetch reads one range.
func (r *remote) fetch(ctx context.Context, p []byte, off int64) (err error) {
	in, err := r.bucket.NewRangeReader(ctx, r.key, off, int64(len(p)), nil)
	if err != nil {
		return storeError(ctx, err)
	}
	defer func() {
		if closing := in.Close(); err == nil && closing != nil {
			err = storeError(ctx, closing)
		}
	}()
	r.mu.Lock()
	r.ranges++
	r.mu.Unlock()
	if in.Size() != r.size || !in.ModTime().Equal(r.changed) {
		return fmt.Errorf("the object changed while it was read: it has %d bytes of %s and had %d of %s", in.Size(), in.ModTime(), r.size, r.changed)
	}
	if _, err := io.ReadFull(in, p); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return storeError(ctx, err)
	}
	return nil
}

func (r *remote) Close() error { return r.release() }

// below makes the URI of a plain path below a root on an object store.
func (u URI) below(path string) (URI, error) {
	path = strings.TrimPrefix(path, "./")
	switch {
	case path == "":
		return URI{}, errors.New("the path is empty")
	case strings.ContainsRune(path, 0):
		return URI{}, errors.New("the path holds a zero byte")
	case strings.HasPrefix(path, "/"):
		return URI{}, fmt.Errorf("it lies outside the root %s", u)
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == ".." {
			return URI{}, fmt.Errorf("it leads out of the root %s", u)
		}
	}
	u.Path += path
	return u, nil
}
