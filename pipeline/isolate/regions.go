//go:build linux

package isolate

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guard is how much memory on either side of a clip ends the child that touches it.
const guard = 1 << 20

// regions is the child's view of Shared memory. It sees only the clips that it has made, each for itself between guards,
// and can write to one at a time: a decoder that writes where it should not reaches no clip but its own.
type regions struct {
	lent    map[uint64]*lentRegion
	current []byte // clip that can be written to
}

type lentRegion struct {
	file  *os.File
	clips map[int64]clipView // by where they begin
}

// clipView is one clip and the guards around it.
type clipView struct {
	base unsafe.Pointer // of the guard before it
	clip []byte
}

func (v clipView) unmap() error { return unix.MunmapPtr(v.base, uintptr(len(v.clip)+2*guard)) }

// learn takes in what the parent says of its memory.
func (r *regions) learn(answer *order, talk *socket) error {
	for _, number := range answer.Gone {
		if gone := r.lent[number]; gone != nil {
			delete(r.lent, number)
			if err := gone.close(); err != nil {
				return err
			}
		}
	}
	if !answer.File {
		return nil
	}
	file, err := talk.take("clips")
	if err != nil {
		return err
	}
	if r.lent == nil {
		r.lent = map[uint64]*lentRegion{}
	}
	r.lent[answer.Region] = &lentRegion{file, map[int64]clipView{}}
	return nil
}

func (l *lentRegion) close() error {
	for _, view := range l.clips {
		if err := view.unmap(); err != nil {
			return fmt.Errorf("unmap clips: %w", err)
		}
	}
	return l.file.Close()
}

// open lets one clip be written to, until the next is or close.
func (r *regions) open(number uint64, offset int64, n int) ([]byte, error) {
	if err := r.close(); err != nil {
		return nil, err
	}
	lent := r.lent[number]
	if lent == nil {
		return nil, fmt.Errorf("memory %d for clips was not lent", number)
	}
	view, ok := lent.clips[offset]
	if ok && len(view.clip) != n { // the memory is used in another way now
		delete(lent.clips, offset)
		if err := view.unmap(); err != nil {
			return nil, fmt.Errorf("unmap a clip: %w", err)
		}
		ok = false
	}
	var err error
	if ok {
		err = unix.Mprotect(view.clip, unix.PROT_READ|unix.PROT_WRITE)
	} else if view, err = lent.mapClip(offset, n); err == nil {
		lent.clips[offset] = view
	}
	if err != nil {
		return nil, fmt.Errorf("map %d bytes for a clip: %w", n, err)
	}
	r.current = view.clip
	return view.clip, nil
}

func (l *lentRegion) mapClip(offset int64, n int) (view clipView, err error) {
	whole := uintptr(n + 2*guard)
	view.base, err = unix.MmapPtr(-1, 0, nil, whole, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return view, err
	}
	at := unsafe.Add(view.base, guard)
	if _, err = unix.MmapPtr(int(l.file.Fd()), offset, at, uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED); err != nil {
		_ = unix.MunmapPtr(view.base, whole) // the first error counts
		return view, err
	}
	view.clip = unsafe.Slice((*byte)(at), n)
	return view, nil
}

// close lets nothing be written to any more.
func (r *regions) close() error {
	if r.current == nil {
		return nil
	}
	err := unix.Mprotect(r.current, unix.PROT_READ)
	r.current = nil
	if err != nil {
		return fmt.Errorf("protect a clip: %w", err)
	}
	return nil
}
