package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"padapter/manifests/storage"
)

// calibratedVersion is the version of configs with a temperature. Readers of version 1 would ignore it and return other
// probabilities.
const calibratedVersion = 2

// versionFor returns the oldest version that can represent c.
func (c *Config) versionFor() int {
	if c.Temperature != 0 {
		return calibratedVersion
	}
	return 1
}

// checkTemperature returns an error if the temperature is invalid, or not allowed in the config's version.
func (c *Config) checkTemperature() error {
	switch {
	case c.Temperature != 0 && c.Version < calibratedVersion:
		return fmt.Errorf("it has a temperature, and its version is %d: temperatures are of version %d; set one with 'padapter eval --calibrate DATA --save'", c.Version, calibratedVersion)
	case c.Temperature < 0 || math.IsNaN(c.Temperature) || math.IsInf(c.Temperature, 0):
		return fmt.Errorf("temperature %v: use a number above 0, or 0 for none", c.Temperature)
	}
	return nil
}

// TemperatureOr returns the temperature to divide logits by before the softmax: wanted if it is above 0, otherwise that
// of the checkpoint, or 1 if none was fitted. from describes the origin in words.
func (c *Config) TemperatureOr(wanted float64) (temperature float64, from string) {
	switch {
	case wanted > 0:
		return wanted, "given"
	case c.Temperature > 0:
		return c.Temperature, "the checkpoint's"
	}
	return 1, "none was fitted"
}

// SetTemperature stores a fitted temperature in a checkpoint, or removes it (0). It changes nothing else and replaces
// the config atomically.
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
