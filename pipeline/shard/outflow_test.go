package shard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/zeebo/xxh3"

	"padapter/pipeline/batch"
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

// gate is a writer that lets nothing through until it is opened, and notes where what it was given lies.
type gate struct {
	open    chan struct{}
	waiting chan struct{} // told of every call
	from    []*byte
}

func newGate() *gate { return &gate{open: make(chan struct{}), waiting: make(chan struct{}, 1000)} }

func (g *gate) Write(p []byte) (int, error) {
	g.waiting <- struct{}{}
	<-g.open
	g.from = append(g.from, unsafe.SliceData(p))
	return len(p), nil
}

// lendable is a buffer of a pool that begins at a block.
func lendable(t *testing.T, pool *batch.Pool) *memory.Buffer {
	t.Helper()
	b := memory.NewResizableBuffer(pool)
	b.Resize(pieceSize)
	if uintptr(unsafe.Pointer(unsafe.SliceData(b.Bytes())))%blockAlign != 0 {
		t.Fatal("large memory begins at no block")
	}
	return b
}

// lending is an outflow, and a pool that keeps up to limit bytes, of which nothing must be left in the end.
func lending(t *testing.T, to io.Writer, limit int) (*outflow, *batch.Pool) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	pool, o := batch.NewPool(mem, limit), (&outflow{to: to}).begin()
	t.Cleanup(func() {
		o.stop()
		pool.Drain()
		mem.AssertSize(t, 0)
	})
	return o, pool
}

func TestWhatIsLentIsWrittenFromItsPlaceAndThenGivenBack(t *testing.T) {
	g := newGate()
	o, pool := lending(t, g, 64<<20)
	b := lendable(t, pool)
	first := unsafe.SliceData(b.Bytes())
	if err := o.lend(b.Bytes(), b); err != nil {
		t.Fatal(err)
	}
	b.Release()
	<-g.waiting // it is being written
	other := lendable(t, pool)
	if unsafe.SliceData(other.Bytes()) == first {
		t.Error("memory was given out again before it was written")
	}
	other.Release()
	close(g.open)
	if n, _, err := o.finish(); err != nil || n != pieceSize {
		t.Errorf("%d bytes, %v", n, err)
	}
	if len(g.from) != 1 || g.from[0] != first {
		t.Errorf("%d writes, or from another place", len(g.from))
	}
	again := lendable(t, pool)
	if unsafe.SliceData(again.Bytes()) != first { // the one given back last comes first
		t.Error("memory was not given back")
	}
	again.Release()
}

func TestFewBuffersAreHeld(t *testing.T) {
	g := newGate()
	o, pool := lending(t, g, 64<<20)
	lend := func() {
		b := lendable(t, pool)
		defer b.Release()
		if err := o.lend(b.Bytes(), b); err != nil {
			t.Error(err)
		}
	}
	for range outLent {
		lend()
	}
	select {
	case o.lent <- struct{}{}: // what lend would wait for
		<-o.lent
		t.Error("one buffer more than allowed would be taken")
	default:
	}
	close(g.open)
	lend() // once there is room
	if _, _, err := o.finish(); err != nil || len(o.lent) != 0 || len(g.from) != outLent+1 {
		t.Errorf("%v, %d buffers held in the end, %d written", err, len(o.lent), len(g.from))
	}
}

func TestLendingTellsOfErrorsAndLeavesNothing(t *testing.T) {
	o, pool := lending(t, broken{}, 0)
	var err error
	for range outLent + 2 {
		b := lendable(t, pool)
		err = o.lend(b.Bytes(), b)
		b.Release()
		if err != nil {
			break
		}
	}
	if !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("lend never told of the error: %v", err)
	}
	if _, _, err := o.finish(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("finish: %v", err)
	}
	b := lendable(t, pool)
	defer b.Release()
	if err := o.lend(b.Bytes(), b); err == nil {
		t.Error("bytes were taken after the end")
	}
}

// broken takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWhatIsGivenUpIsNotWritten(t *testing.T) {
	g := newGate()
	o, pool := lending(t, g, 0)
	for range outLent {
		b := lendable(t, pool)
		if err := o.lend(b.Bytes(), b); err != nil {
			t.Error(err)
		}
		b.Release()
	}
	<-g.waiting // the first is being written
	o.fail(io.ErrClosedPipe)
	close(g.open)
	o.abandon()
	if len(g.from) != 1 {
		t.Errorf("%d buffers were written", len(g.from))
	}
}

// What is not whole blocks, or begins at none, is copied where writes go past the page cache.
func TestWhatIsLentAndWhatIsCopied(t *testing.T) {
	memory4 := memory.NewResizableBuffer(memory.NewGoAllocator())
	memory4.Resize(4 << 20)
	for name, c := range map[string]struct {
		before, from, size int
		copied             int // bytes in the piece afterwards
	}{
		"whole blocks":            {0, 0, pieceSize, 0},
		"and a rest":              {0, 0, pieceSize - 100, blockAlign - 100},
		"behind other blocks":     {blockAlign, 0, pieceSize, 0},
		"behind a part of one":    {8, 0, pieceSize / 2, 8 + pieceSize/2},
		"memory of another place": {0, 64, pieceSize / 2, pieceSize / 2},
		"little":                  {0, 0, leastLent - blockAlign, leastLent - blockAlign},
	} {
		t.Run(name, func(t *testing.T) {
			file := create(t, t.TempDir())
			o := newOutflow(file)
			defer o.stop()
			if !o.blocks {
				t.Skip("the system has no O_DIRECT here")
			}
			if _, err := o.Write(make([]byte, c.before)); err != nil {
				t.Fatal(err)
			}
			if err := o.lend(memory4.Bytes()[c.from:c.from+c.size], memory4); err != nil {
				t.Fatal(err)
			}
			if len(o.piece) != c.copied {
				t.Errorf("%d bytes lie in the piece, want %d", len(o.piece), c.copied)
			}
			if n, _, err := o.finish(); err != nil || n != int64(c.before+c.size) || !o.direct && n%blockAlign == 0 {
				t.Errorf("%d bytes, direct %v, %v", n, o.direct, err)
			}
		})
	}
}
