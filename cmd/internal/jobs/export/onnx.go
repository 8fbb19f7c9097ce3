// Package export has the jobs of 'padapter export': a checkpoint in a form that other programs run.
package export

import (
	"fmt"
	"io"

	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/storage"
	"padapter/models/checkpoint"
	"padapter/models/export"
	"padapter/models/vit"
)

// Exported is what an export to ONNX wrote.
type Exported struct {
	File    string `json:"file"`
	Input   string `json:"input"`
	Output  string `json:"output"`
	Classes int    `json:"classes"`

	clip vit.Config
}

// ONNX writes backbone, adapter and head of a checkpoint into one file. backbone is a checkpoint folder or file with the
// backbone; empty: the checkpoint has it.
func ONNX(dir, backbone, out string) (*Exported, error) {
	dir = networks.BestOf(dir)
	if backbone == "" {
		backbone = dir
	}
	m, err := checkpoint.LoadAdapter(dir, networks.BestOf(backbone))
	if err != nil {
		return nil, err
	}
	defer m.Store.Finalize()
	if err := storage.Write(out, func(w io.Writer) error {
		return export.ONNX(w, m.Classifier, m.Store, m.Config.Recipe, m.Config.Classes)
	}); err != nil {
		return nil, err
	}
	return &Exported{File: out, Input: export.InputName, Output: export.OutputName, Classes: len(m.Config.Classes), clip: m.Classifier.Backbone}, nil
}

// Text is what was written, for people.
func (e *Exported) Text() string {
	return fmt.Sprintf("%s: %s uint8 [batch, %d, %d, %d, 3] to %s [batch, %d]\n", e.File, e.Input, e.clip.Frames, e.clip.Height, e.clip.Width, e.Output, e.Classes)
}
