package backend

import (
	"strings"
	"testing"
)

func TestDevicesMustBeThere(t *testing.T) {
	for wanted, want := range map[string]string{"2": "2 devices were asked for, and it has 1", "0": "at least 1", "-1": "at least 1", "two": "at least 1", "1.5": "at least 1"} {
		if b, err := OpenWith(Settings{Engine: "go", Devices: wanted}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s devices of pure Go: %+v, %v; want an error with %q", wanted, b, err, want)
		}
	}
	for _, wanted := range []string{"", "1", AllDevices} {
		if b, err := OpenWith(Settings{Engine: "go", Devices: wanted}); err != nil || b.Devices != 1 {
			t.Errorf("%q devices of pure Go: %+v, %v", wanted, b, err)
		}
	}
	_, err := OpenWith(Settings{Engine: "auto", Devices: "1000"})
	if err == nil || !strings.Contains(err.Error(), "no go: 1000 devices were asked for, and it has 1") {
		t.Errorf("1000 devices of any engine: %v", err)
	}
}
