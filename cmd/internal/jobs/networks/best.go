package networks

import (
	"padapter/manifests/storage"
	"padapter/models/checkpoint"
	"padapter/models/train"
)

// BestOf is the folder of the best model when dir is a training run's output, and dir itself otherwise.
func BestOf(dir string) string {
	best := storage.Join(dir, train.BestDir)
	if _, err := storage.Stat(storage.Join(dir, checkpoint.ConfigFile)); err == nil {
		return dir
	}
	if _, err := storage.Stat(storage.Join(best, checkpoint.ConfigFile)); err == nil {
		return best
	}
	return dir
}
