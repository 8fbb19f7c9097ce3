package backend

import "fmt"

// Precision is the number format of matrix products. Weights and sums stay float32. What is between the products stays
// float32 on XLA; OpenVINO keeps it in the format, too.
type Precision string

// The precisions.
const (
	Float32  Precision = "float32"
	BFloat16 Precision = "bfloat16" // operands of 8 significant bits, sums in float32
)

// Precisions are the valid values of a precision flag: Auto means what a checkpoint was measured to agree with, and
// float32 without such a measurement.
var Precisions = []string{string(Float32), string(BFloat16), Auto}

// Auto leaves a choice to the program.
const Auto = "auto"

// RoundsInGraph reports whether a graph for this backend must itself round the operands of its matrix products
// (vit.Config.Half), so that everything between products stays float32. XLA computes in the types that a graph says.
// OpenVINO does, too, where it trains; otherwise it is told the precision when it compiles, and keeps the values between
// products in bfloat16 as well, which is faster.
func (b *Backend) RoundsInGraph() bool { return b.rounds }

// roundsInGraph is RoundsInGraph of a backend that an engine opens with the settings.
func roundsInGraph(engine string, settings Settings) bool {
	return settings.Precision == BFloat16 && (engine == "xla" || settings.Training)
}

// checkPrecision returns an error that says why an engine cannot compute in a precision on the device that it would use.
func checkPrecision(e engine, p Precision) error {
	switch {
	case p == Float32:
		return nil
	case p != BFloat16:
		return fmt.Errorf("precision %q is unknown: use %s or %s", p, Float32, BFloat16)
	case e.name != "xla" && e.name != "openvino":
		return fmt.Errorf("it computes in %s only", Float32)
	case e.accelerated != nil && e.accelerated():
		return nil
	}
	return CheckBFloat16()
}

// Kind names what computes, for comparing measurements: the engine and, where it is not a processor, the platform.
func (b *Backend) Kind() string {
	if b.OnProcessors() || b.about.Platform == "" {
		return b.Engine
	}
	return b.Engine + " on " + b.about.Platform
}
