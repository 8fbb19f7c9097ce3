package shard

import (
	"errors"
	"io"
	"os"
	"sync"
	"unsafe"

	"github.com/zeebo/xxh3"

	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
)

// outflow hashes and writes a file from front to back, in a goroutine of its own: whoever calls Write copies into one
// piece while others are on their way. Where the system can, pieces go past the page cache. Memory is outPieces pieces.
// It belongs to one goroutine. End it with finish or stop.
type outflow struct {
	n     int64  // bytes taken
	piece []byte // being filled
	full  chan []byte
	free  chan []byte
	ended chan struct{}
	last  bool // nothing comes any more

	mu  sync.Mutex
	err error // the first of the goroutine's

	// The goroutine's own until it has ended.
	file   *os.File  // or nil
	to     io.Writer // where there is no file
	direct bool
	at     int64
	sum    *xxh3.Hasher
}

const (
	pieceSize  = 2 << 20
	outPieces  = 3
	blockAlign = 4096 // of memory, offsets and sizes of what goes past the page cache
)

// pieces are kept for the next file, aligned.
var pieces = sync.Pool{New: func() any {
	b := make([]byte, pieceSize+blockAlign)
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) & (blockAlign - 1)
	b = b[skip : skip+pieceSize : skip+pieceSize]
	return &b
}}

// newOutflow begins at the start of an empty file, which stays the caller's.
func newOutflow(file *os.File) *outflow {
	return (&outflow{file: file, direct: setDirect(file, true) == nil}).begin()
}

// outflowTo writes to a draft in which nothing is yet; it stays the caller's.
func outflowTo(draft storage.Draft) (*outflow, error) {
	local, ok := draft.(*wholefile.Draft)
	if !ok {
		return (&outflow{to: draft}).begin(), nil
	}
	file, err := local.File()
	if err != nil {
		return nil, err
	}
	return newOutflow(file), nil
}

func (o *outflow) begin() *outflow {
	o.sum = xxh3.New()
	o.full, o.free, o.ended = make(chan []byte, outPieces), make(chan []byte, outPieces), make(chan struct{})
	for range outPieces {
		o.free <- *pieces.Get().(*[]byte)
	}
	go o.run()
	return o
}

// Write takes bytes. An error may be of bytes that came earlier.
func (o *outflow) Write(p []byte) (int, error) {
	if o.last {
		return 0, errors.New("the file is finished")
	}
	taken := 0
	for taken < len(p) {
		if o.piece == nil {
			if err := o.failed(); err != nil {
				return taken, err
			}
			o.piece = (<-o.free)[:0]
		}
		n := copy(o.piece[len(o.piece):cap(o.piece)], p[taken:])
		o.piece = o.piece[:len(o.piece)+n]
		taken, o.n = taken+n, o.n+int64(n)
		if len(o.piece) == cap(o.piece) {
			o.full <- o.piece
			o.piece = nil
		}
	}
	return taken, nil
}

// Seek tells where it is; files are written from front to back.
func (o *outflow) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("shards are written from front to back")
	}
	return o.n, nil
}

// finish writes what is left and returns the size and the checksum of all, as Entry.XXH128 has it.
func (o *outflow) finish() (n int64, sum string, err error) {
	o.stop()
	return o.n, xxh128(o.sum), o.failed()
}

// stop ends the goroutine. It may be called again.
func (o *outflow) stop() {
	if o.last {
		return
	}
	o.last = true
	if o.piece != nil {
		o.full <- o.piece
		o.piece = nil
	}
	close(o.full)
	<-o.ended
	close(o.free)
	for piece := range o.free {
		pieces.Put(&piece)
	}
}

func (o *outflow) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *outflow) run() {
	defer close(o.ended)
	for piece := range o.full {
		if o.failed() == nil {
			_, _ = o.sum.Write(piece) // never fails
			if err := o.put(piece); err != nil {
				o.mu.Lock()
				o.err = err
				o.mu.Unlock()
			}
		}
		o.free <- piece[:cap(piece)]
	}
}

// put writes a piece; only the last may be shorter than the others.
func (o *outflow) put(piece []byte) error {
	if o.file == nil {
		_, err := o.to.Write(piece)
		return err
	}
	if o.direct && len(piece)%blockAlign == 0 {
		if n, err := o.file.WriteAt(piece, o.at); err == nil {
			o.at += int64(n)
			return nil
		} // some file systems take the flag but not the write; what is really wrong is so again
	}
	if o.direct {
		o.direct = false
		if err := setDirect(o.file, false); err != nil {
			return err
		}
	}
	n, err := o.file.WriteAt(piece, o.at)
	o.at += int64(n)
	return err
}
