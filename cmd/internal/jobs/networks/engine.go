package networks

import (
	"fmt"
	"slices"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/models/backend"
	"padapter/models/checkpoint"
)

// Checkpoint is a checkpoint's folder with its config.
type Checkpoint struct {
	Dir    string
	Config *checkpoint.Config
}

// CheckPrecision rejects what --precision cannot be; the empty string stands for float32.
func CheckPrecision(precision string) error {
	if precision != "" && !slices.Contains(backend.Precisions, precision) {
		return jobs.Usagef("--precision %q: use one of %s", precision, strings.Join(backend.Precisions, ", "))
	}
	return nil
}

// OpenEngine opens the engine that checkpoints compute on. Precision auto becomes bfloat16 where an agreement that keeps
// its bound is stored with each of the checkpoints for the engine that auto or the settings name, and float32 otherwise;
// why says for what reason, for people, and is empty for a precision that was asked for.
func OpenEngine(settings backend.Settings, of ...Checkpoint) (engine *backend.Backend, why string, err error) {
	if settings.Precision != backend.Auto {
		engine, err = backend.OpenWith(settings)
		return engine, "", err
	}
	settings.Precision = backend.Float32
	if engine, err = backend.OpenWith(settings); err != nil {
		return nil, "", err
	}
	settings.Engine, settings.Precision = engine.Engine, backend.BFloat16
	narrow, err := backend.OpenWith(settings)
	if err != nil {
		return engine, err.Error(), nil
	}
	for _, c := range of {
		if why, err = agrees(c, engine.Kind()); why != "" || err != nil {
			return engine, why, err
		}
	}
	narrow.Why = engine.Why
	return narrow, "an agreement that keeps its bound is stored with the checkpoint", nil
}

// agrees returns "" if a stored agreement lets auto choose bfloat16, and otherwise why it does not.
func agrees(c Checkpoint, kind string) (why string, err error) {
	list, err := checkpoint.ReadAgreements(c.Dir, c.Config)
	if err != nil {
		return "", err
	}
	a, ok := checkpoint.FindAgreement(list, kind, string(backend.BFloat16))
	if !ok {
		return fmt.Sprintf("no agreement of %s on %s is stored with %s: measure it with 'padapter eval --precision %[1]s --against %[4]s'",
			backend.BFloat16, kind, c.Dir, backend.Float32), nil
	}
	if err := a.Bounded(); err != nil {
		return fmt.Sprintf("%s on %s with %s: %v", backend.BFloat16, kind, c.Dir, err), nil
	}
	return "", nil
}
