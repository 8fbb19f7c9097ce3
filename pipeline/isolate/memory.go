//go:build linux

package isolate

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// memory is what a child writes to and its parent reads. It grows and never shrinks, so that no access can fail.
type memory struct {
	file *os.File
	view []byte
}

func newMemory(name string) (*memory, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("make shared memory: %w", err)
	}
	m := &memory{file: os.NewFile(uintptr(fd), name)}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK); err != nil {
		m.close()
		return nil, fmt.Errorf("seal shared memory: %w", err)
	}
	return m, nil
}

// writable returns n bytes that can be written to, in the child.
func (m *memory) writable(n int) ([]byte, error) {
	if n > len(m.view) {
		if err := m.file.Truncate(int64(max(n+n/8, 1<<20))); err != nil {
			return nil, fmt.Errorf("%d bytes of shared memory: %w", n, err)
		}
		if err := m.remap(unix.PROT_READ | unix.PROT_WRITE); err != nil {
			return nil, err
		}
	}
	return m.view[:n], nil
}

// readable returns n bytes that can be read and not written to, in the parent. The child is not trusted to have made so many.
func (m *memory) readable(n int) ([]byte, error) {
	if n > len(m.view) {
		if err := m.remap(unix.PROT_READ); err != nil {
			return nil, err
		}
	}
	if n < 0 || n > len(m.view) {
		return nil, fmt.Errorf("the shared memory has %d bytes, not %d", len(m.view), n)
	}
	return m.view[:n], nil
}

// remap maps the memory as it is now.
func (m *memory) remap(protection int) error {
	m.unmap()
	info, err := m.file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	m.view, err = unix.Mmap(int(m.file.Fd()), 0, int(info.Size()), protection, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map %d bytes of shared memory: %w", info.Size(), err)
	}
	return nil
}

func (m *memory) unmap() {
	if m.view != nil {
		_ = unix.Munmap(m.view) // it was mapped
		m.view = nil
	}
}

func (m *memory) close() {
	m.unmap()
	_ = m.file.Close() // nothing in it is needed
}
