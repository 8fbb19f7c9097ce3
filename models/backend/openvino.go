//go:build linux && amd64 && cgo

package backend

import (
	"github.com/gomlx/compute"

	"padapter/models/backend/openvino"
)

func openOpenVINO(settings Settings) (compute.Backend, About, error) {
	b, err := openvino.Open(openvino.Options{BFloat16: settings.Precision == BFloat16 && !settings.Training, Threads: int(threads.Load())})
	if err != nil {
		return nil, About{}, err
	}
	return b, About{What: b.Description() + " on the CPU", Platform: "cpu", Version: b.Version(), Devices: descriptions(b)}, nil
}
