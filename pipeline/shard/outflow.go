package shard

import (
	"errors"
	"io"
	"os"
	"sync"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/zeebo/xxh3"

	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
)

// outflow hashes and writes a file from front to back, in a goroutine of its own: whoever calls Write copies into one
// piece while others are on their way, and whoever calls lend waits for nothing but memory that was lent before. Where
// the system can, all goes past the page cache. It has outPieces pieces and holds outLent buffers of others at most. It
// belongs to one goroutine. End it with finish or stop.
type outflow struct {
	n      int64     // bytes taken
	piece  []byte    // being filled
	full   chan part // has room for all pieces and all that is lent
	free   chan []byte
	lent   chan struct{} // one for each buffer held
	ended  chan struct{}
	last   bool // nothing comes any more
	blocks bool // all parts but the last are to be whole blocks, in the file and in memory

	mu  sync.Mutex
	err error // the first of the goroutine's

	// The goroutine's own until it has ended.
	file   *os.File  // or nil
	to     io.Writer // where there is no file
	direct bool
	at     int64
	sum    *xxh3.Hasher
}

// part is what comes next in the file.
type part struct {
	bytes []byte
	owner *memory.Buffer // of the bytes; nil where they are a piece
}

const (
	pieceSize  = 2 << 20
	outPieces  = 3
	outLent    = 2         // one that is written and one that waits
	leastLent  = 256 << 10 // what is smaller is copied
	blockAlign = 4096      // of memory, offsets and sizes of what goes past the page cache
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
	o.sum, o.blocks = xxh3.New(), o.direct
	o.full, o.free, o.lent, o.ended = make(chan part, outPieces+outLent), make(chan []byte, outPieces), make(chan struct{}, outLent), make(chan struct{})
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
			o.send()
		}
	}
	return taken, nil
}

// send passes the piece on, if there is one.
func (o *outflow) send() {
	if o.piece != nil {
		o.full <- part{bytes: o.piece}
		o.piece = nil
	}
}

// lend takes bytes that are a buffer's, as Write does, but where it can it holds the buffer until they are written
// instead of copying them; nobody may change them before the buffer is released for the last time. It waits while
// outLent buffers are held.
func (o *outflow) lend(p []byte, owner *memory.Buffer) error {
	whole := len(p)
	if o.blocks {
		whole &^= blockAlign - 1
		if o.n%blockAlign != 0 || uintptr(unsafe.Pointer(unsafe.SliceData(p)))%blockAlign != 0 {
			whole = 0
		}
	}
	if whole >= leastLent && !o.last {
		o.send()
		o.lent <- struct{}{}
		if err := o.failed(); err != nil {
			<-o.lent
			return err
		}
		owner.Retain()
		o.full <- part{p[:whole], owner}
		o.n += int64(whole)
		p = p[whole:]
	}
	_, err := o.Write(p)
	return err
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

// abandon is stop for a file that nobody wants: what is on its way is not written.
func (o *outflow) abandon() {
	if !o.last {
		o.fail(errors.New("the file was given up"))
	}
	o.stop()
}

// stop ends the goroutine. It may be called again.
func (o *outflow) stop() {
	if o.last {
		return
	}
	o.last = true
	o.send()
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

// fail notes an error, unless there was one before.
func (o *outflow) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

func (o *outflow) run() {
	defer close(o.ended)
	for p := range o.full {
		for rest := p.bytes; len(rest) > 0 && o.failed() == nil; {
			next := rest[:min(len(rest), pieceSize)]
			rest = rest[len(next):]
			_, _ = o.sum.Write(next) // never fails
			if err := o.put(next); err != nil {
				o.fail(err)
			}
		}
		if p.owner != nil {
			p.owner.Release()
			<-o.lent
		} else {
			o.free <- p.bytes[:cap(p.bytes)]
		}
	}
}

// put writes what comes next. Past the page cache go whole blocks, and so all but the end of the file.
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
