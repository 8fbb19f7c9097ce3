//go:build linux

package isolate

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guard is how much memory on either side of a clip ends the child that touches it.
const guard = 1 << 20

// regions is the child's view of Shared memory. It sees only the clips that it has made, each for itself between guards,
// and can write to one at a time: a decoder that writes where it should not reaches no clip but its own, or, where clips
// are closed by keys and there are more than those, one among its next dozen.
type regions struct {
	lent    map[uint64]*lentRegion
	keys    keys
	current *clipView // that can be written to
}

type lentRegion struct {
	file  *os.File
	clips map[int64]*clipView // by where they begin
}

// clipView is one clip and the guards around it.
type clipView struct {
	base unsafe.Pointer // of the guard before it
	clip []byte
	key  int // that it carries; 0 for none
}

func (v *clipView) unmap() error { return unix.MunmapPtr(v.base, uintptr(len(v.clip)+2*guard)) }

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
	r.lent[answer.Region] = &lentRegion{file, map[int64]*clipView{}}
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
	switch {
	case !ok:
		if view, err = r.add(lent, offset, n); err == nil {
			lent.clips[offset] = view
		}
	case view.key == 0:
		err = unix.Mprotect(view.clip, unix.PROT_READ|unix.PROT_WRITE)
	}
	if err != nil {
		return nil, fmt.Errorf("map %d bytes for a clip: %w", n, err)
	}
	if view.key != 0 {
		r.keys.open(view.key)
	}
	r.current = view
	return view.clip, nil
}

// add maps a clip that can be written to.
func (r *regions) add(lent *lentRegion, offset int64, n int) (*clipView, error) {
	view, err := lent.mapClip(offset, n)
	if err != nil {
		return nil, err
	}
	if len(r.keys.all) > 0 {
		if view.key, err = r.keys.give(view.clip); err != nil {
			return nil, errors.Join(err, view.unmap())
		}
	}
	return view, nil
}

func (l *lentRegion) mapClip(offset int64, n int) (view *clipView, err error) {
	whole := uintptr(n + 2*guard)
	view = &clipView{}
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
	view := r.current
	r.current = nil
	if view.key != 0 {
		r.keys.open(0)
		return nil
	}
	if err := unix.Mprotect(view.clip, unix.PROT_READ); err != nil {
		return fmt.Errorf("protect a clip: %w", err)
	}
	return nil
}
