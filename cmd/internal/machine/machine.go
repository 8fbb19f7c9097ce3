package machine

import "runtime"

// Facts are what the machine offers to decoding and compute.
type Facts struct {
	Cores       int      `json:"cores"`
	MemoryBytes int64    `json:"memory_bytes"` // 0 where the system does not say
	SIMD        []string `json:"simd"`         // vector instruction sets
}

// Survey looks at the machine.
func Survey() Facts {
	return Facts{Cores: runtime.GOMAXPROCS(0), MemoryBytes: memoryBytes(memoryFile), SIMD: simd()}
}
