//go:build linux && amd64 && cgo

package openvino

import "sync"

// One library is loaded in a process: its plugins and threads are shared.
var (
	loading sync.Mutex
	loaded  *library
)

// Open loads the library if that was not done yet and returns a backend with the options.
func Open(options Options) (*Backend, error) {
	loading.Lock()
	defer loading.Unlock()
	if loaded == nil {
		path, err := Find()
		if err != nil {
			return nil, err
		}
		l, err := loadLibrary(path)
		if err != nil {
			return nil, err
		}
		loaded = l
	}
	return &Backend{library: loaded, options: options}, nil
}
