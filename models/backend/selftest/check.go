package selftest

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/weights"
)

// Bounds of the largest error of a result relative to its largest value.
const (
	boundFloat32  = 2e-5
	boundBFloat16 = 0.02
)

// Check runs the network on an engine, twice, and compares with pure Go. It returns an error that says which result is
// outside the bound of the precision, or differs between the runs.
func Check(engine compute.Backend, bfloat16 bool) error {
	reference, err := gobackend.New("ops_sequential")
	if err != nil {
		return fmt.Errorf("open the reference: %w", err)
	}
	defer reference.Finalize()
	want, err := run(reference, 1)
	if err != nil {
		return fmt.Errorf("run the reference: %w", err)
	}
	got, err := run(engine, 2)
	if err != nil {
		return err
	}
	bound := boundFloat32
	if bfloat16 {
		bound = boundBFloat16
	}
	for i, part := range parts {
		off := distance(got[0][i], want[0][i])
		if !(off <= bound) {
			return fmt.Errorf("%s is off by %.2g of its largest value, where %.2g is allowed", part, off, bound)
		}
		for k, v := range got[0][i] {
			if v != got[1][i][k] {
				return fmt.Errorf("%s differs between two runs", part)
			}
		}
	}
	return nil
}

// run returns the results of some runs, [run][part] flat.
func run(engine compute.Backend, times int) (results [][][]float32, err error) {
	store := model.NewStore()
	defer store.Finalize()
	list := parameters()
	if err := weights.Fill(store, list, 1); err != nil {
		return nil, err
	}
	if _, err := weights.Trainable(store, list, func(p weights.Parameter) bool { return p.Role != weights.Backbone }); err != nil {
		return nil, err
	}
	if err := weights.ToDevice(store, engine, list); err != nil {
		return nil, err
	}
	exec, err := model.NewExec(engine, store, network)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	for range times {
		outputs, err := exec.Call(inputs()...)
		if err != nil {
			return nil, err
		}
		var flat [][]float32
		for _, o := range outputs {
			values, err := tensors.CopyFlatData[float32](o)
			if err != nil {
				return nil, err
			}
			flat = append(flat, values)
			o.MustFinalizeAll()
		}
		results = append(results, flat)
	}
	return results, nil
}

// distance returns the largest difference relative to the largest value of want, and NaN if a value is none.
func distance(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	var off, largest float64
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		off = max(off, math.Abs(float64(got[i])-float64(w)))
	}
	return off / largest
}
