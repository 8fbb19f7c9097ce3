package shard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"
)

func TestOutputHashesAndCountsAll(t *testing.T) {
	want := make([]byte, 3<<20+777)
	if _, err := rand.NewChaCha8([32]byte{5}).Read(want); err != nil {
		t.Fatal(err)
	}
	var to bytes.Buffer
	o := &output{to: &to}
	for rest := want; len(rest) > 0; {
		n := min(len(rest), 1+rand.IntN(1<<20))
		if _, err := o.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if at, err := o.Seek(0, io.SeekCurrent); err != nil || at != int64(len(want)) {
		t.Errorf("it is at %d, %v", at, err)
	}
	if _, err := o.Seek(0, io.SeekStart); err == nil {
		t.Error("it went back to the start")
	}
	if sum := fmt.Sprintf("%x", xxh3.Hash128(want).Bytes()); o.checksum() != sum || !bytes.Equal(to.Bytes(), want) {
		t.Errorf("%d bytes, checksum %s, want %d and %s", to.Len(), o.checksum(), len(want), sum)
	}
}

// half takes half of what it is given.
type half struct{ bytes.Buffer }

func (h *half) Write(p []byte) (int, error) {
	n, _ := h.Buffer.Write(p[:len(p)/2])
	return n, io.ErrShortWrite
}

func TestOutputCountsWhatWasTaken(t *testing.T) {
	var to half
	o := &output{to: &to}
	n, err := o.Write([]byte("12345678"))
	if n != 4 || !errors.Is(err, io.ErrShortWrite) || o.size != 4 || o.checksum() != fmt.Sprintf("%x", xxh3.Hash128(to.Bytes()).Bytes()) {
		t.Errorf("%d bytes, %v; %d counted", n, err, o.size)
	}
}
