package backend

import (
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

func openGo() (compute.Backend, string, error) {
	b, err := gobackend.New("")
	if err != nil {
		return nil, "", err
	}
	return b, "pure Go on " + runtime.GOARCH, nil
}
