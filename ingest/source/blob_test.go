package source

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// onBucket gives a source the bucket s3://data, which the test holds in another kind.
func onBucket(t testing.TB, m *Mux, b *blob.Bucket) {
	t.Helper()
	m.drivers = map[Form]func(context.Context, string) (*bucket, error){
		S3: func(_ context.Context, name string) (*bucket, error) {
			if name != "data" {
				return nil, fmt.Errorf("no bucket %s", name)
			}
			return &bucket{Bucket: b}, nil
		},
	}
	m.buckets.limit = 100 // closes it with the source
}

func put(t testing.TB, b *blob.Bucket, key string, data []byte) {
	t.Helper()
	if err := b.WriteAll(t.Context(), key, data, nil); err != nil {
		t.Fatal(err)
	}
}

// fill puts what the fixtures below want into a bucket.
func fill(t testing.TB, b *blob.Bucket) {
	t.Helper()
	for _, name := range names {
		put(t, b, "some/prefix/"+name, content(name))
	}
	put(t, b, "outside.avi", []byte("secret"))
	archive := tarOf(t, tar.FormatGNU, nil)
	put(t, b, "some/prefix/a b.tar", archive)
	put(t, b, "some/prefix/a.tgz", gzipped(t, archive))
	put(t, b, "some/prefix/p.parquet", parquetOf(t, namedCells(), 6))
	put(t, b, "some/prefix/train.bin", cifarFile())
	put(t, b, "some/prefix/x.mat", matFile(t, binary.LittleEndian, true))
}

// conformOn checks everything that a bucket holds, through a source with a local root.
func conformOn(t *testing.T, src Source) {
	const at = "s3://data/some/prefix/"
	t.Run("objects", func(t *testing.T) {
		conform(t, fixture{
			src: src, names: names, uri: func(name string) string { return at + name },
			missing: []string{at + "none.avi", at + "plain.avi.bak"},
			refused: []string{"s3://data", "s3://data/", "s3://other/x", "s3:data/x", at + "a\x00b"},
		})
	})
	t.Run("tar", func(t *testing.T) { conform(t, members(src, at+"a b.tar")) })
	t.Run("tar.gz", func(t *testing.T) { conform(t, members(src, at+"a.tgz")) })
	t.Run("parquet", func(t *testing.T) { conform(t, cellsAt(src, at+"p.parquet", "image")) })
	t.Run("cifar100", func(t *testing.T) { conform(t, numbered(src, at+"train.bin", CIFAR100URI)) })
	t.Run("svhn", func(t *testing.T) { conform(t, numbered(src, at+"x.mat", SVHNURI)) })
}

func TestObjectStore(t *testing.T) {
	for kind, open := range map[string]func(t *testing.T) *blob.Bucket{
		"memory": func(*testing.T) *blob.Bucket { return memblob.OpenBucket(nil) },
		"files": func(t *testing.T) *blob.Bucket {
			b, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{NoTempDir: true})
			if err != nil {
				t.Fatal(err)
			}
			return b
		},
	} {
		t.Run(kind, func(t *testing.T) {
			b := open(t)
			if kind == "files" { // whose names can't be as long once they are escaped
				for i, name := range names {
					if len(name) > 150 {
						names[i] = name[:100] + ".avi"
						defer func() { names[i] = name }()
					}
				}
			}
			fill(t, b)
			src := openMux(t, t.TempDir())
			onBucket(t, src, b)
			conformOn(t, src)
		})
	}
}

func TestRootOnAnObjectStore(t *testing.T) {
	b := memblob.OpenBucket(nil)
	fill(t, b)
	src := openMux(t, "s3://data/some/prefix")
	onBucket(t, src, b)
	f := plain(src)
	f.refused = append(f.refused, "s3://data/outside.avi", "s3://data/some/prefixed", "..", "a/..", "./../outside.avi")
	conform(t, f)
	conform(t, members(src, "a b.tar"))
	if _, err := read(t.Context(), src, "s3://data/some/prefix/plain.avi"); err != nil {
		t.Error(err)
	}
}

// whole opens an object of some bytes that differ everywhere.
func whole(t *testing.T, size int) (*remote, []byte) {
	t.Helper()
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	b := memblob.OpenBucket(nil)
	put(t, b, "object", data)
	src := openMux(t, "s3://data")
	onBucket(t, src, b)
	e, err := src.object(t.Context(), URI{Form: S3, Bucket: "data", Path: "object"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e.(*remote), data
}

func TestObjectsAreReadInRanges(t *testing.T) {
	const size = 41*blockSize + 17
	r, data := whole(t, size)
	got, err := io.ReadAll(io.LimitReader(sequential(t.Context(), r), size))
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if least := size / (longestRun * blockSize); r.ranges > least+4 {
		t.Errorf("%d ranges were fetched one after the other, where %d hold the object", r.ranges, least)
	}
	if len(r.blocks) > keptBlocks {
		t.Errorf("%d blocks are kept", len(r.blocks))
	}
	r.ranges = 0
	p := make([]byte, 30*blockSize)
	if n, err := r.ReadAtContext(t.Context(), p, 5); n != len(p) || err != nil || !bytes.Equal(p, data[5:5+len(p)]) || r.ranges != 1 {
		t.Errorf("a long read: %d bytes, %v, %d ranges", n, err, r.ranges)
	}

	r, data = whole(t, size)
	for _, at := range []int{0, 3, blockSize - 2, size - 5, 100} {
		p := make([]byte, 4)
		if n, err := r.ReadAtContext(t.Context(), p, int64(at)); n != 4 || err != nil || !bytes.Equal(p, data[at:at+4]) {
			t.Errorf("at %d: %d bytes, %v", at, n, err)
		}
	}
	if r.ranges != 3 {
		t.Errorf("%d ranges, want one a block: 3", r.ranges)
	}
}

func TestAnObjectThatChanges(t *testing.T) {
	r, _ := whole(t, 3*blockSize)
	put(t, r.bucket.Bucket, "object", []byte("shorter"))
	if _, err := r.ReadAtContext(t.Context(), make([]byte, 5), 0); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("it became shorter: %v", err)
	}
	put(t, r.bucket.Bucket, "object", make([]byte, 4*blockSize))
	if _, err := r.ReadAtContext(t.Context(), make([]byte, 5), 0); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("it became longer: %v", err)
	}
}
