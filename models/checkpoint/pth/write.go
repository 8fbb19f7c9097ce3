package pth

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"padapter/models/checkpoint/safetensors"
)

// Write writes float32 tensors as a zip archive.
func Write(w io.Writer, tensors []safetensors.Tensor) error {
	p := newPickle()
	if err := p.model(tensors, false); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	archive := zip.NewWriter(w)
	record := func(name string, fill func(io.Writer) error) error {
		f, err := archive.CreateHeader(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store}) // torch.load reads nothing compressed
		if err != nil {
			return err
		}
		return fill(f)
	}
	whole := func(text []byte) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		}
	}
	if err := record("data.pkl", whole(p)); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	for i, t := range tensors {
		if err := record("data/"+key(i), func(w io.Writer) error { return writeValues(w, t.Values) }); err != nil {
			return fmt.Errorf("write PyTorch file: tensor %s: %w", t.Name, err)
		}
	}
	if err := record("version", whole([]byte("3\n"))); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	return nil
}

// legacyMagic is 0x1950a86a20f9469cfc6c, little-endian.
var legacyMagic = []byte{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}

// legacyVersion is the version of the legacy form.
const legacyVersion = 1001

// WriteLegacy writes float32 tensors in the format of PyTorch before 1.6: pickles of a magic number, the version,
// machine properties, the model and the storage keys, and then the length and values of each storage.
func WriteLegacy(w io.Writer, tensors []safetensors.Tensor) error {
	magic, version, machine, keys, model := newPickle(), newPickle(), newPickle(), newPickle(), newPickle()
	magic.op(slices.Concat([]byte{opLong, byte(len(legacyMagic))}, legacyMagic, []byte{opStop})...)
	version.int(legacyVersion)
	version.op(opStop)
	machine.op(opEmptyDict, opMark)
	machine.text("protocol_version")
	machine.int(legacyVersion)
	machine.text("little_endian")
	machine.op(opTrue, opSetItems, opStop)
	if err := model.model(tensors, true); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	keys.op(opEmptyList, opMark)
	for i := range tensors {
		keys.text(key(i))
	}
	keys.op(opAppends, opStop)
	if _, err := w.Write(slices.Concat(magic, version, machine, model, keys)); err != nil {
		return fmt.Errorf("write PyTorch file: %w", err)
	}
	for _, t := range tensors {
		if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(t.Values)))); err != nil {
			return fmt.Errorf("write PyTorch file: %w", err)
		}
		if err := writeValues(w, t.Values); err != nil {
			return fmt.Errorf("write PyTorch file: tensor %s: %w", t.Name, err)
		}
	}
	return nil
}

func writeValues(w io.Writer, values []float32) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var word [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
		_, _ = out.Write(word[:]) // Flush returns the first error
	}
	return out.Flush()
}
