package shard

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/zeebo/xxh3"
)

func TestOutflowWritesAndHashesAll(t *testing.T) {
	random := rand.NewChaCha8([32]byte{5})
	for _, size := range []int{0, 1, blockAlign - 1, blockAlign, pieceSize - 1, pieceSize, pieceSize + 1, (outPieces+2)*pieceSize + 777} {
		for _, shift := range []int64{0, 1} { // where no write past the page cache is possible, it goes through it
			t.Run(fmt.Sprintf("%d bytes from %d", size, shift), func(t *testing.T) {
				want := make([]byte, size)
				if _, err := random.Read(want); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "file")
				file, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				o := newOutflow(file)
				o.at = shift
				for rest := want; len(rest) > 0; {
					n := min(len(rest), 1+rand.IntN(1<<20))
					if _, err := o.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if at, err := o.Seek(0, io.SeekCurrent); err != nil || at != int64(size) {
					t.Errorf("it is at %d, %v", at, err)
				}
				n, sum, err := o.finish()
				if err != nil || n != int64(size) || sum != fmt.Sprintf("%x", xxh3.Hash128(want).Bytes()) {
					t.Errorf("%d bytes, checksum %s, %v", n, sum, err)
				}
				got, err := os.ReadFile(path)
				if err != nil || !bytes.Equal(got[min(int(shift), len(got)):], want) {
					t.Errorf("the file has %d bytes (%v), want %d after %d", len(got), err, size, shift)
				}
				if _, err := o.Write([]byte{1}); err == nil {
					t.Error("bytes were taken after the end")
				}
			})
		}
	}
}

func TestOutflowTellsOfErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path) // for reading
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	o := newOutflow(file)
	data := make([]byte, pieceSize)
	for range 2 * outPieces {
		if _, err = o.Write(data); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("Write never told of the error")
	}
	if _, _, err := o.finish(); err == nil {
		t.Error("finish did not tell of the error")
	}
	o.stop() // again
	if _, err := o.Seek(0, io.SeekStart); err == nil {
		t.Error("it went back to the start")
	}
}
