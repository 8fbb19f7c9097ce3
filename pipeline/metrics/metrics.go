// Package metrics shows how far a run is to Prometheus, in its text format (version 0.0.4).
//
// An Exporter is told of the run and answers requests; both may happen at any time, in any goroutine. It listens only
// where Serve is told to and keeps no history.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"padapter/pipeline"
)

// Exporter holds the newest state of a run. The zero value is ready.
type Exporter struct {
	mu     sync.Mutex
	totals pipeline.Totals
	total  int64 // rows of the run
}

// Set notes the newest state.
func (e *Exporter) Set(t pipeline.Totals, total int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.totals, e.total = t, total
}

// ServeHTTP answers with all metrics.
func (e *Exporter) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	text := Text(e.totals, e.total)
	e.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	io.WriteString(w, text) // a client that is gone needs no answer
}

// Serve answers requests for /metrics at an address such as "localhost:9100" (port 0 takes a free one) until stop is
// called, which waits for requests under way. It returns the address in use.
func (e *Exporter) Serve(address string) (listening string, stop func() error, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("serve metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", e)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	stop = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return listener.Addr().String(), stop, nil
}

// Text is the answer. Rows count as they are finished, everything else when their shard is.
func Text(t pipeline.Totals, total int64) string {
	var b strings.Builder
	family := func(name, kind, help string, samples ...string) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
		for _, s := range samples {
			fmt.Fprintf(&b, "%s%s\n", name, s)
		}
	}
	number := func(v int64) string { return fmt.Sprintf(" %d", v) }
	c := t.Counts
	family("padapter_rows_expected", "gauge", "Rows of the whole run.", number(total))
	family("padapter_rows_done", "gauge", "Rows that are finished, those of kept shards included.", number(int64(t.Rows)+t.UnderWay.Done))
	family("padapter_rows_failed", "gauge", "Rows of these with an error.", number(int64(t.Errors)+t.UnderWay.Failed))
	family("padapter_shards_total", "counter", "Shards that are finished.", fmt.Sprintf(`{state="kept"} %d`, t.Kept), fmt.Sprintf(`{state="made"} %d`, t.Made))
	family("padapter_written_bytes_total", "counter", "Bytes of these shards.", number(t.Bytes))
	family("padapter_frames_total", "counter", "Frames delivered.", number(c.Frames))
	family("padapter_input_bytes_total", "counter", "Bytes of the encoded records that were opened.", number(c.BytesIn))
	family("padapter_output_bytes_total", "counter", "Bytes of pixels or media delivered.", number(c.BytesOut))
	family("padapter_batches_total", "counter", "Record batches handed on.", number(c.Batches))
	family("padapter_damaged_total", "counter", "Rows that were read in spite of damage.", number(c.Damaged))
	var reasons []string
	for reason, n := range c.Errors {
		reasons = append(reasons, fmt.Sprintf(`{reason=%q} %d`, reason, n))
	}
	slices.Sort(reasons)
	family("padapter_errors_total", "counter", "Rows with an error, by reason.", reasons...)
	var stages []string
	for _, s := range []struct {
		name string
		time time.Duration
	}{{"open", c.Open}, {"decode", c.Decode}, {"codec", c.Codec}, {"pixels", c.Pixels}, {"augment", c.Augment}, {"emit", c.Emit}, {"stall", c.Stall}} {
		stages = append(stages, fmt.Sprintf(`{stage=%q} %g`, s.name, s.time.Seconds()))
	}
	family("padapter_stage_seconds_total", "counter", "Time by stage, summed over workers; codec and pixels are parts of decode.", stages...)
	return b.String()
}
