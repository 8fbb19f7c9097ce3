package jobs

import "runtime"

// Workers is a number of workers, or one for each processor that Go may use where n is 0.
func Workers(n int) int {
	if n == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}
