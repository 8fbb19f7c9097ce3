package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"

	"padapter/manifests/storage"
	"padapter/models/metrics"
)

// AgreementFile holds what was measured of a checkpoint's precisions. It lies beside the config and not in it: it does
// not change what the network computes, and programs that do not know it read the checkpoint as before.
const AgreementFile = "agreement.json"

// agreementVersion is the version of the file.
const agreementVersion = 1

// Agreement is how a network computes in one precision compared with another one.
type Agreement struct {
	Kind      string `json:"engine"`    // what computed, see backend.Backend.Kind
	Precision string `json:"precision"` // the one that was measured
	Against   string `json:"against"`   // the one that it was compared with, on the same engine
	metrics.Agreement
}

// The bound that a precision has to keep for a program to choose it by itself.
const (
	AutoVideos        = 100   // at least so many videos
	AutoEqualTop1     = 0.99  // at least this share with the same best class
	AutoLargestChange = 0.1   // of a probability
	AutoTop1Loss      = 0.005 // at most so much accuracy below that of Against, where videos have labels
)

// Bounded returns nil if the agreement keeps the bound, and otherwise an error that says in what it does not.
func (a Agreement) Bounded() error {
	if a.Videos < AutoVideos {
		return fmt.Errorf("it was measured on %d videos, fewer than %d", a.Videos, AutoVideos)
	}
	return a.WithinBound()
}

// WithinBound is Bounded for any number of videos.
func (a Agreement) WithinBound() error {
	switch {
	case !(a.EqualTop1 >= AutoEqualTop1):
		return fmt.Errorf("%.2f %% of the videos have the same best class, less than %g %%", 100*a.EqualTop1, 100*AutoEqualTop1)
	case !(a.LargestChange <= AutoLargestChange):
		return fmt.Errorf("a probability changes by %.3g, more than %g", a.LargestChange, AutoLargestChange)
	case a.Labelled > 0 && !(a.AgainstTop1-a.Top1 <= AutoTop1Loss):
		return fmt.Errorf("its accuracy is %.2f %% against %.2f %%, more than %g points below", 100*a.Top1, 100*a.AgainstTop1, 100*AutoTop1Loss)
	}
	return nil
}

// String is the agreement in one line for people.
func (a Agreement) String() string {
	return fmt.Sprintf("%s against %s (%s): %v", a.Precision, a.Against, a.Kind, a.Agreement)
}

// valid returns an error if a number is not one that was measured.
func (a Agreement) valid() error {
	for _, share := range []float64{a.EqualTop1, a.LargestChange, a.MeanChange, a.Top1, a.AgainstTop1} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("%v is not in 0…1", share)
		}
	}
	if a.Kind == "" || a.Precision == "" || a.Videos < 1 || a.Labelled < 0 || a.Labelled > a.Videos || !(a.Temperature > 0) || math.IsInf(a.Temperature, 0) {
		return errors.New("it names no engine or precision, or impossible counts")
	}
	return nil
}

// agreements is the content of AgreementFile.
type agreements struct {
	Version        int         `json:"version"`
	BackboneSHA256 string      `json:"backbone_sha256"` // of the weights that were measured
	AdapterSHA256  string      `json:"adapter_sha256"`
	List           []Agreement `json:"agreements"`
}

// ReadAgreements returns what was measured of the weights that a checkpoint's config names; none if nothing was, or if
// the weights have been replaced since.
func ReadAgreements(dir string, c *Config) ([]Agreement, error) {
	path := storage.Join(dir, AgreementFile)
	text, err := storage.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var file agreements
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if file.Version != agreementVersion {
		return nil, fmt.Errorf("read %s: its version is %d, this program knows %d: remove it, or use the padapter that wrote it", path, file.Version, agreementVersion)
	}
	if file.BackboneSHA256 != c.BackboneSHA256 || file.AdapterSHA256 != c.AdapterSHA256 {
		return nil, nil
	}
	for _, a := range file.List {
		if err := a.valid(); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return file.List, nil
}

// FindAgreement returns what was measured of a precision against float32 on a kind of engine.
func FindAgreement(list []Agreement, kind, precision string) (Agreement, bool) {
	i := slices.IndexFunc(list, func(a Agreement) bool {
		return a.Kind == kind && a.Precision == precision && a.Against == "float32"
	})
	if i < 0 {
		return Agreement{}, false
	}
	return list[i], true
}

// StoreAgreement stores an agreement with a checkpoint, in the place of an earlier one of the same engine and
// precisions. It replaces the file atomically.
func StoreAgreement(dir string, c *Config, a Agreement) error {
	if err := a.valid(); err != nil {
		return fmt.Errorf("store the agreement of checkpoint %s: %w", dir, err)
	}
	list, err := ReadAgreements(dir, c)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(old Agreement) bool {
		return old.Kind == a.Kind && old.Precision == a.Precision && old.Against == a.Against
	})
	text, err := json.MarshalIndent(agreements{agreementVersion, c.BackboneSHA256, c.AdapterSHA256, append(list, a)}, "", "  ")
	if err != nil {
		return fmt.Errorf("store the agreement of checkpoint %s: %w", dir, err)
	}
	return storage.Write(storage.Join(dir, AgreementFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
