package source

import (
	"archive/tar"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"padapter/ingest/source/s3test"
)

// TestS3Server runs what every source must do against a real server.
func TestS3Server(t *testing.T) {
	s3test.Start(t, "data")
	const prefix = "some/prefix/"
	stored := []string{}
	for _, name := range names {
		s3test.Put(t, "data", prefix+name, content(name))
		stored = append(stored, name)
	}
	s3test.Put(t, "data", "outside.avi", []byte("secret"))
	archive := tarOf(t, tar.FormatGNU, nil)
	for name, data := range map[string][]byte{
		"a b.tar": archive, "a.tgz": gzipped(t, archive), "p.parquet": parquetOf(t, namedCells(), 6),
		"train.bin": cifarFile(), "x.mat": matFile(t, binary.LittleEndian, true),
	} {
		s3test.Put(t, "data", prefix+name, data)
		stored = append(stored, name)
	}
	m, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	conformOn(t, m)

	below, err := Open(t.Context(), "s3://data/some/prefix")
	if err != nil {
		t.Fatal(err)
	}
	defer below.Close()
	entries, _, err := listed(t, below, "s3://data/some/prefix")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(stored) {
		t.Errorf("%d objects are listed, %d were stored", len(entries), len(stored))
	}
	checkListed(t, below, entries)
	if o, err := below.Open(t.Context(), "s3://data/outside.avi"); err == nil {
		_ = o.Close()
		t.Error("an object outside the root was opened")
	}
	entries, _, err = listed(t, below, "s3://data/some/prefix/a.tgz")
	if err != nil {
		t.Fatal(err)
	}
	checkListed(t, below, entries)
}

// TestS3ReadsRanges counts the bytes that come from a server when the ends of a large object are read.
func TestS3ReadsRanges(t *testing.T) {
	s3test.Start(t, "data")
	const size = 64 << 20
	large := make([]byte, size)
	large[0], large[size-1] = 1, 2
	s3test.Put(t, "data", "large.mp4", large)
	endpoint, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL_S3"))
	if err != nil {
		t.Fatal(err)
	}
	var came atomic.Int64
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(endpoint); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			came.Add(max(0, r.ContentLength))
			return nil
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: proxy}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		_ = server.Close()
		<-served
	}()
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://"+l.Addr().String())
	m, err := Open(t.Context(), "s3://data")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	o, err := m.Open(t.Context(), "large.mp4")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	ends := make([]byte, 2)
	for i, at := range []int64{0, size - 1} {
		if _, err := o.ReadAt(ends[i:i+1], at); err != nil {
			t.Fatal(err)
		}
	}
	if o.Size() != size || ends[0] != 1 || ends[1] != 2 {
		t.Errorf("an object of %d bytes with the ends %v", o.Size(), ends)
	}
	// The length that answers a HEAD request is not sent; it is counted all the same.
	if n := came.Load() - size; n <= 0 || n > 2<<20 {
		t.Errorf("%d bytes came for two", n)
	}
}
