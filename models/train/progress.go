package train

import "time"

// Progress describes how far a run is. Options.Progress receives it after every step on the goroutine that called Run.
// The callback should return quickly, because the run waits for it.
type Progress struct {
	Epoch, Epochs  int     // epochs finished, and all of them
	Step, Steps    int64   // optimizer steps taken since the run began, and an upper bound of all of them
	Loss           float64 // of the last step
	Rate           float64 // learning rate of the last step
	ClipsPerSecond float64 // trained clips a second in this epoch
	Left           time.Duration
	Validating     bool    // the step figures stand still meanwhile
	ValTop1        float64 // of the last validation, -1 before the first
}
