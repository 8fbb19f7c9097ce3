package train

import "time"

// Progress is where a run stands. It goes to Options.Progress after every step, from the goroutine that called Run;
// the callback should return quickly, as the run waits for it.
type Progress struct {
	Epoch, Epochs int     // epochs finished, and all of them
	Step, Steps   int64   // optimizer steps taken since the run began, and an upper bound of all of them
	Loss          float64 // of the last step
	Rate          float64 // learning rate of the last step
	ClipsPerSec   float64 // trained clips a second in this epoch
	Left          time.Duration
	Validating    bool    // the step figures stand still meanwhile
	ValTop1       float64 // of the last validation, -1 before the first
}
