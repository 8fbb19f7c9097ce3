package openvino

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// checkWhole returns an error when a library, or one of those beside it that it loads, is cut short or is no library:
// the system's loader ends the process on a file that lacks its last part.
func checkWhole(path string) error {
	files := []string{path}
	for _, pattern := range []string{"libopenvino*.so*", "libtbb*.so*"} {
		beside, err := filepath.Glob(filepath.Join(filepath.Dir(path), pattern))
		if err != nil {
			return fmt.Errorf("look at the libraries beside %s: %w", path, err)
		}
		files = append(files, beside...)
	}
	for _, file := range files {
		if err := checkFile(file); err != nil {
			return fmt.Errorf("%s is not a whole library: %w", file, err)
		}
	}
	return nil
}

func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, part := range f.Progs {
		if part.Off+part.Filesz > uint64(info.Size()) {
			return errors.New("it is cut short; install it again")
		}
	}
	return nil
}
