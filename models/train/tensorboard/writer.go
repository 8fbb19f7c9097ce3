package tensorboard

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the Event, Summary and Summary.Value messages.
const (
	eventWallTime    = 1 // double
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5 // message

	summaryValue = 1 // message

	valueTag    = 1 // string
	valueScalar = 2 // float
)

// fileVersion is the first event of every file.
const fileVersion = "brain.Event:2"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Writer appends events to one file.
type Writer struct {
	file *os.File
	buf  *bufio.Writer
	now  func() time.Time
}

// Create creates an event file in dir, which is created if missing. A resumed run adds another file; TensorBoard joins
// them by step.
func Create(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("write TensorBoard events: %w", err)
	}
	now := time.Now()
	file, err := os.CreateTemp(dir, fmt.Sprintf("events.out.tfevents.%010d.padapter.*", now.Unix()))
	if err != nil {
		return nil, fmt.Errorf("write TensorBoard events: %w", err)
	}
	w := &Writer{file: file, buf: bufio.NewWriter(file), now: time.Now}
	version := protowire.AppendTag(w.event(0), eventFileVersion, protowire.BytesType)
	if err := w.record(protowire.AppendString(version, fileVersion)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

// name returns the base name of the file.
func (w *Writer) name() string { return filepath.Base(w.file.Name()) }

// Scalar adds one point to the curve with the given tag.
func (w *Writer) Scalar(tag string, step int64, value float64) error {
	v := protowire.AppendTag(nil, valueTag, protowire.BytesType)
	v = protowire.AppendString(v, tag)
	v = protowire.AppendTag(v, valueScalar, protowire.Fixed32Type)
	v = protowire.AppendFixed32(v, math.Float32bits(float32(value)))
	summary := protowire.AppendTag(nil, summaryValue, protowire.BytesType)
	summary = protowire.AppendBytes(summary, v)
	event := protowire.AppendTag(w.event(step), eventSummary, protowire.BytesType)
	return w.record(protowire.AppendBytes(event, summary))
}

func (w *Writer) event(step int64) []byte {
	event := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	event = protowire.AppendFixed64(event, math.Float64bits(float64(w.now().UnixMicro())/1e6))
	event = protowire.AppendTag(event, eventStep, protowire.VarintType)
	return protowire.AppendVarint(event, uint64(step))
}

func (w *Writer) record(data []byte) error {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	out := binary.LittleEndian.AppendUint32(length, masked(length))
	out = append(out, data...)
	out = binary.LittleEndian.AppendUint32(out, masked(data))
	if _, err := w.buf.Write(out); err != nil {
		return fmt.Errorf("write TensorBoard events: %w", err)
	}
	return nil
}

// masked returns the checksum of TFRecords: a CRC that is rotated and offset by a constant, so that it stays useful for
// data that contains checksums itself.
func masked(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// Flush passes buffered events to the operating system.
func (w *Writer) Flush() error { return w.buf.Flush() }

// Close flushes and closes the file. It does nothing on nil.
func (w *Writer) Close() error {
	if w == nil {
		return nil
	}
	return errors.Join(w.buf.Flush(), w.file.Close())
}
