package ingest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"padapter/ingest/mat"
)

// mostNumbers bounds an array that is read from a MATLAB file.
const mostNumbers = 1 << 24

// matrices is what was read from a MATLAB file.
type matrices struct {
	values map[string][]int64
	dims   map[string][]int
}

// readMatrices reads arrays of whole numbers from a MATLAB file, all of which must be there, and the dimensions of all.
func readMatrices(file string, names ...string) (m matrices, err error) {
	f, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return m, err
	}
	m = matrices{map[string][]int64{}, map[string][]int{}}
	err = mat.Read(f, info.Size(), func(a *mat.Array) (err error) {
		m.dims[a.Name] = a.Dims
		if slices.Contains(names, a.Name) {
			m.values[a.Name], err = a.Ints(mostNumbers)
		}
		return err
	})
	if err != nil {
		return m, fmt.Errorf("%s: %w", file, err)
	}
	for _, name := range names {
		if _, ok := m.values[name]; !ok {
			return m, fmt.Errorf("%s: want the arrays %s: there is no %s", file, strings.Join(names, ", "), name)
		}
	}
	return m, nil
}
