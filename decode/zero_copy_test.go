//go:build unix

package decode

import (
	"bytes"
	"path/filepath"
	"syscall"
	"testing"
)

// borrowedMemory is a source whose bytes and padding end where memory does, and cannot be written to.
type borrowedMemory struct {
	memory
	all  []byte
	used bool
}

func (l *borrowedMemory) Memory() []byte {
	l.used = true
	return l.all
}

func borrow(t *testing.T, content []byte) *borrowedMemory {
	t.Helper()
	page := syscall.Getpagesize()
	room := (len(content) + Padding + page - 1) / page * page
	whole, err := syscall.Mmap(-1, 0, room+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(whole); err != nil {
			t.Error(err)
		}
	})
	at := room - Padding - len(content)
	copy(whole[at:], content)
	if err := syscall.Mprotect(whole[:room], syscall.PROT_READ); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mprotect(whole[room:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return &borrowedMemory{memory: inMemory(content), all: whole[at : room-Padding : room]}
}

// What is in read-only memory is decoded in place, and to the same frames.
func TestBorrowedMemoryIsDecodedInPlace(t *testing.T) {
	borrowing, copying := newDecoder(t, Options{}), newDecoder(t, Options{})
	tried := 0
	for _, path := range allClips(t) {
		file := readFile(t, path)
		if file.Size() > 400<<10 {
			continue
		}
		whole := make([]byte, file.Size())
		if _, err := file.ReadAt(whole, 0); err != nil {
			t.Fatal(err)
		}
		for _, content := range [][]byte{whole, whole[:len(whole)*2/3]} {
			src := borrow(t, content)
			want, wantErr := pixels(t, copying, inMemory(content))
			got, err := pixels(t, borrowing, src)
			if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() || !bytes.Equal(got, want) {
				t.Errorf("%s, %d bytes: %v, want %v", filepath.Base(path), len(content), err, wantErr)
			}
			if !src.used {
				t.Errorf("%s: the memory was not asked for", filepath.Base(path))
			}
			tried++
		}
	}
	if tried == 0 {
		t.Skip("no clips")
	}
}

// pixels are those of some frames.
func pixels(t *testing.T, d *Decoder, src Source) (all []byte, err error) {
	t.Helper()
	_, err = d.Clip(t.Context(), src, func(info *Info) (Plan, error) {
		return Plan{Indices: []int{0, info.Frames / 2, info.Frames - 1}, Width: 32, Height: 24, Region: Region{W: float64(info.Width), H: float64(info.Height)}}, nil
	}, func(p Plan) ([]byte, error) {
		all = make([]byte, p.Bytes())
		return all, nil
	})
	return all, err
}

// Memory without the promised padding is not used.
func TestMemoryWithoutPaddingIsCopied(t *testing.T) {
	for _, all := range [][]byte{nil, make([]byte, 100), make([]byte, 100, 100+Padding-1), make([]byte, 99, 200)} {
		if at := zeroCopy(&borrowedMemory{memory: inMemory(make([]byte, 100)), all: all}); at != nil {
			t.Errorf("%d bytes of %d were taken", len(all), cap(all))
		}
	}
	if at := zeroCopy(&borrowedMemory{memory: inMemory(make([]byte, 100)), all: make([]byte, 100, 100+Padding)}); at == nil {
		t.Error("memory with padding was not taken")
	}
}
