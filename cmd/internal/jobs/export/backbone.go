package export

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/storage"
	"padapter/models/checkpoint"
	"padapter/models/checkpoint/layout"
	"padapter/models/checkpoint/pth"
	"padapter/models/checkpoint/safetensors"
)

// Weights are what an export of a backbone wrote.
type Weights struct {
	File    string `json:"file"`
	Layout  string `json:"layout"`
	Tensors int    `json:"tensors"`
}

// LayoutNames are the published layouts that Backbone knows.
func LayoutNames() []string {
	var names []string
	for _, l := range layout.Layouts {
		names = append(names, l.Name)
	}
	return names
}

// Backbone writes a checkpoint's backbone alone under the names of a published layout, in the form of WeightsWriter.
func Backbone(dir, name, out string, legacy bool) (*Weights, error) {
	write, err := WeightsWriter(out, legacy)
	if err != nil {
		return nil, err
	}
	m, err := checkpoint.Load(networks.BestOf(dir))
	if err != nil {
		return nil, err
	}
	defer m.Store.Finalize()
	tensors, err := layout.Export(name, m.Classifier.Backbone, m.Store)
	if err != nil {
		return nil, jobs.UsageError{Err: err}
	}
	if err := storage.Write(out, func(w io.Writer) error { return write(w, tensors) }); err != nil {
		return nil, err
	}
	return &Weights{File: out, Layout: name, Tensors: len(tensors)}, nil
}

// Text is what was written, for people.
func (w *Weights) Text() string {
	return fmt.Sprintf("%s: %d tensors, layout %s\n", w.File, w.Tensors, w.Layout)
}

// WeightsWriter is how a file of weights of that name is written: by its extension one of PyTorch's, in the form that
// versions before 1.6 read if legacy is set, or a safetensors file.
func WeightsWriter(path string, legacy bool) (func(io.Writer, []safetensors.Tensor) error, error) {
	extension := strings.ToLower(filepath.Ext(path))
	switch extension {
	case ".pth", ".pt", ".bin":
		if legacy {
			return pth.WriteLegacy, nil
		}
		return pth.Write, nil
	}
	if legacy {
		return nil, jobs.Usagef("--legacy is a form of PyTorch's files: name --out .pth, .pt or .bin, not %q", extension)
	}
	return func(w io.Writer, tensors []safetensors.Tensor) error { return safetensors.Write(w, tensors, nil) }, nil
}
