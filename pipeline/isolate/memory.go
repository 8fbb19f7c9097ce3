//go:build linux

package isolate

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// memory is shared by both processes. It grows and never shrinks, so that no access can fail.
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
		_ = m.close()
		return nil, fmt.Errorf("seal shared memory: %w", err)
	}
	return m, nil
}

// writable returns n bytes of a mapping that can be written to.
func (m *memory) writable(n int) ([]byte, error) {
	if n < 0 {
		return nil, fmt.Errorf("%d bytes of shared memory", n)
	}
	if n > len(m.view) {
		size := max(n+n/8, 1<<20)
		size += -size & (1<<16 - 1)
		if err := unix.Ftruncate(int(m.file.Fd()), int64(size)); err != nil {
			return nil, fmt.Errorf("%d bytes of shared memory: %w", size, err)
		}
		if err := m.remap(size, unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil, err
		}
	}
	return m.view[:n], nil
}

// readable returns n bytes that the other process wrote, of a mapping that cannot be written to.
func (m *memory) readable(n int) ([]byte, error) {
	if n < 0 {
		return nil, fmt.Errorf("%d bytes of shared memory", n)
	}
	if n > len(m.view) {
		info, err := m.file.Stat()
		if err != nil {
			return nil, err
		}
		if int64(n) > info.Size() {
			return nil, fmt.Errorf("the shared memory has %d bytes, not %d", info.Size(), n)
		}
		if err := m.remap(int(info.Size()), unix.PROT_READ); err != nil {
			return nil, err
		}
	}
	return m.view[:n], nil
}

func (m *memory) remap(size, protection int) error {
	if m.view != nil {
		if err := unix.Munmap(m.view); err != nil {
			return fmt.Errorf("unmap shared memory: %w", err)
		}
		m.view = nil
	}
	view, err := unix.Mmap(int(m.file.Fd()), 0, size, protection, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map %d bytes of shared memory: %w", size, err)
	}
	m.view = view
	return nil
}

func (m *memory) close() error {
	if m.view != nil {
		_ = unix.Munmap(m.view) // it was mapped
		m.view = nil
	}
	return m.file.Close()
}
