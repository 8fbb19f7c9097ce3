package shard

import (
	"archive/tar"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline/media"
)

// mediaTarSink writes archives of media: KEY.json, KEY.cls, and KEY with the suffix of the bytes.
type mediaTarSink struct {
	out    *tar.Writer
	number int // of the next row
}

func createMediaTar(w *output, schema *arrow.Schema, firstRow int) (sink, error) {
	s := &mediaTarSink{out: tar.NewWriter(w), number: firstRow}
	return s, addHeader(s.out, schema)
}

// Write adds the rows of a record.
func (s *mediaTarSink) Write(record arrow.Record) error {
	for i := range int(record.NumRows()) {
		row := media.At(record.Columns(), i)
		key := tarKey(s.number)
		s.number++
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		if err := addFile(s.out, key+".json", text); err != nil {
			return err
		}
		if row.Label != nil {
			if err := addFile(s.out, key+".cls", fmt.Appendf(nil, "%d", *row.Label)); err != nil {
				return err
			}
		}
		if row.Error == "" {
			if err := addFile(s.out, key+"."+row.Suffix, row.Media); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close ends the archive.
func (s *mediaTarSink) Close() error { return s.out.Close() }
