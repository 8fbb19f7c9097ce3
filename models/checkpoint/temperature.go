package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"padapter/manifests/storage"
)

// calibratedVersion is the format version of configs with a temperature: readers of version 1 would leave it out in
// silence, and give other probabilities.
const calibratedVersion = 2

// versionFor is the least version of a format that can say all that c does.
func (c *Config) versionFor() int {
	if c.Temperature != 0 {
		return calibratedVersion
	}
	return 1
}

// checkTemperature reports a temperature that no fit gives, or one in a file of a version that has none.
func (c *Config) checkTemperature() error {
	switch {
	case c.Temperature != 0 && c.Version < calibratedVersion:
		return fmt.Errorf("it has a temperature, and its version is %d: temperatures are of version %d; set one with 'padapter eval --calibrate DATA --save'", c.Version, calibratedVersion)
	case c.Temperature < 0 || math.IsNaN(c.Temperature) || math.IsInf(c.Temperature, 0):
		return fmt.Errorf("temperature %v: use a number above 0, or 0 for none", c.Temperature)
	}
	return nil
}

// TemperatureOr returns what logits are to be divided by before the softmax: wanted where it is above 0, or else the
// checkpoint's temperature, or 1 where none was fitted. from says in words which it is.
func (c *Config) TemperatureOr(wanted float64) (temperature float64, from string) {
	switch {
	case wanted > 0:
		return wanted, "given"
	case c.Temperature > 0:
		return c.Temperature, "the checkpoint's"
	}
	return 1, "none was fitted"
}

// SetTemperature stores a fitted temperature in a checkpoint, or takes it out (0). Nothing else of the folder changes,
// and its config is there whole at every moment.
func SetTemperature(dir string, temperature float64) error {
	c, err := ReadConfig(dir)
	if err != nil {
		return err
	}
	c.Temperature = temperature
	c.Version = c.versionFor()
	if err := c.checkTemperature(); err != nil {
		return fmt.Errorf("calibrate checkpoint %s: %w", dir, err)
	}
	if err := c.write(storage.Join(dir, ConfigFile)); err != nil {
		return fmt.Errorf("calibrate checkpoint %s: %w", dir, err)
	}
	return nil
}

// write writes the config as a file.
func (c *Config) write(path string) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", ConfigFile, err)
	}
	return storage.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
