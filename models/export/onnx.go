package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/classifier"
	"padapter/models/vit"
	"padapter/models/weights"
)

// The names of the ONNX graph's input and output.
const (
	InputName  = "frames"
	OutputName = "logits"
)

// standIn is the batch size that the graph is compiled with. It divides nothing that networks have, so that wherever it
// occurs in the graph, alone or as a factor, the batch size is meant.
const standIn = 7919

// ONNX writes the classifier, its weights from the store, as an ONNX model. It needs the ONNX Runtime engine.
func ONNX(w io.Writer, c *classifier.Classifier, store *model.Store, r *recipe.Recipe, classes []string) error {
	compiled, err := compile(c, store)
	if err != nil {
		return fmt.Errorf("export to ONNX: %w", err)
	}
	values := map[string]tensor{}
	for _, p := range c.Parameters() {
		v, err := weights.Values(store, p)
		if err != nil {
			return fmt.Errorf("export to ONNX: %w", err)
		}
		values[p.Path()] = tensor{p.Shape, v}
	}
	metadata := map[string]string{}
	for key, value := range map[string]any{"padapter.classes": classes, "padapter.recipe": r} {
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("export to ONNX: %w", err)
		}
		metadata[key] = string(text)
	}
	file, err := rewrite(compiled, values, metadata)
	if err != nil {
		return fmt.Errorf("export to ONNX: %w", err)
	}
	if _, err := w.Write(file); err != nil {
		return fmt.Errorf("export to ONNX: %w", err)
	}
	return nil
}

// compile returns the engine's own file of the graph: for a batch of standIn, weights as inputs.
func compile(c *classifier.Classifier, store *model.Store) ([]byte, error) {
	b, err := backend.Open("onnx")
	if err != nil {
		return nil, err
	}
	exec, err := model.NewExec(b.Compute, store, func(scope *model.Scope, frames *graph.Node) *graph.Node {
		return c.Logits(scope, frames, false)
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	var file bytes.Buffer
	err = b.SaveONNX(&file, InputName, OutputName, func() (*graph.Graph, error) {
		return exec.Compile(shapes.Make(dtypes.Uint8, standIn, c.Backbone.Frames, c.Backbone.Height, c.Backbone.Width, vit.Channels))
	})
	return file.Bytes(), err
}
