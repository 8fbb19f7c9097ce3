package source

import (
	"context"
	"errors"
	"io"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"padapter/ingest/source/s3test"
	"padapter/manifests/storage"
	"padapter/manifests/storage/storagetest"
)

// register makes s3:// lead to a store until the test ends.
func register(t *testing.T, s *Store) {
	t.Helper()
	unregister := s.Register()
	t.Cleanup(func() {
		unregister()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestStoreOnS3Server(t *testing.T) {
	s3test.Start(t, "data")
	register(t, NewStore(t.Context()))
	storagetest.Check(t, "s3://data/some/folder")
	t.Run("bucket itself", func(t *testing.T) {
		if err := storage.RemoveAll("s3://data"); err != nil {
			t.Fatal(err)
		}
		storagetest.Check(t, "s3://data")
	})
	t.Run("replaced while it is read", func(t *testing.T) {
		replaced(t, "s3://data/replaced")
	})
	t.Run("no such bucket", func(t *testing.T) {
		if err := storage.Write("s3://none/x", func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }); err == nil {
			t.Error("a file was written to a bucket that is not there")
		}
		if _, err := storage.Create("s3://data"); err == nil {
			t.Error("a bucket was taken for a file")
		}
	})
}

// replaced checks that an object which changes is not read as if it were one.
func replaced(t *testing.T, name string) {
	write := func(n int) {
		if err := storage.Write(name, func(w io.Writer) error { _, err := w.Write(make([]byte, n)); return err }); err != nil {
			t.Fatal(err)
		}
	}
	write(3 * blockSize)
	o, err := storage.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	write(4 * blockSize)
	if _, err := o.ReadAt(make([]byte, 10), 0); err == nil {
		t.Error("an object that was replaced is read on")
	}
}

func TestStoreInMemory(t *testing.T) {
	b := memblob.OpenBucket(nil)
	s := NewStore(t.Context())
	s.mux.drivers = map[Form]func(context.Context, string) (*bucket, error){S3: func(context.Context, string) (*bucket, error) { return &bucket{Bucket: b}, nil }}
	s.mux.buckets.limit = 100
	register(t, s)
	storagetest.Check(t, "s3://data/some/folder")
}

// A store that takes no more bytes ends an upload with an error, and reading ends with the context.
func TestStoreEnds(t *testing.T) {
	b := memblob.OpenBucket(nil)
	ctx, cancel := context.WithCancel(t.Context())
	s := NewStore(ctx)
	s.mux.drivers = map[Form]func(context.Context, string) (*bucket, error){S3: func(context.Context, string) (*bucket, error) { return &bucket{Bucket: b}, nil }}
	s.mux.buckets.limit = 100
	register(t, s)
	if err := b.WriteAll(ctx, "there", []byte("x"), &blob.WriterOptions{}); err != nil {
		t.Fatal(err)
	}
	d, err := s.Create("s3://data/x")
	if err != nil {
		t.Fatal(err)
	}
	d.(*upload).cancel(errStalled) // as its watch does
	if err := d.Commit(); !errors.Is(err, errStalled) {
		t.Errorf("an upload that got nowhere ends with %v", err)
	}
	o, err := s.Open("s3://data/there")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	cancel()
	if _, err := o.ReadAt(make([]byte, 1), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after the context ended: %v", err)
	}
	if d, err = s.Create("s3://data/late"); err == nil { // what is being saved is saved
		err = d.Commit()
	}
	if err != nil {
		t.Error(err)
	}
}
