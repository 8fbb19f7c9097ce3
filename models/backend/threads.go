package backend

import "sync/atomic"

var threads atomic.Int64

// LimitThreads makes engines that are opened afterwards compute with at most n threads; 0 means one per processor. Results
// do not depend on it. OpenVINO keeps to it; the other engines take what the process may use (GOMAXPROCS, taskset).
func LimitThreads(n int) { threads.Store(int64(n)) }
