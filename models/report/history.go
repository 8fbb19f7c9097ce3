package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"padapter/manifests/storage"
)

// Point is one value of a curve.
type Point struct{ X, Y float64 }

// History is the content of a training log.
type History struct {
	Backend  string
	Loss     []Point // by step
	Rate     []Point
	Train    []Point // mean loss of each epoch, at its last step
	ValLoss  []Point
	ValTop1  []Point
	Finished bool
}

// ReadHistory reads the log.jsonl of a run. It ignores an incomplete last line.
func ReadHistory(path string) (*History, error) {
	f, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read training log: %w", err)
	}
	defer f.Close() // read only
	h := new(History)
	lines := bufio.NewReader(storage.Reader(f))
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return h, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read training log: %w", err)
		}
		if err := h.add(bytes.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("read training log %s, line %d: %w", path, number, err)
		}
	}
}

func (h *History) add(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	var e struct {
		Event   string   `json:"event"`
		Backend string   `json:"backend"`
		Step    float64  `json:"step"`
		Loss    *float64 `json:"loss"`
		Rate    *float64 `json:"rate"`
		Train   *float64 `json:"train_loss"`
		ValLoss *float64 `json:"val_loss"`
		ValTop1 *float64 `json:"val_top1"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	put := func(curve *[]Point, y *float64) {
		if y != nil {
			*curve = append(*curve, Point{e.Step, *y})
		}
	}
	switch e.Event {
	case "start":
		h.Backend = e.Backend
	case "step":
		put(&h.Loss, e.Loss)
		put(&h.Rate, e.Rate)
	case "epoch":
		put(&h.Train, e.Train)
		put(&h.ValLoss, e.ValLoss)
		put(&h.ValTop1, e.ValTop1)
	case "end":
		h.Finished = true
	}
	return nil
}
