package machine

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// simd names the vector instruction sets of this processor that the decoder's kernels and the compute engines
// can use.
func simd() []string {
	var found []string
	add := func(name string, has bool) {
		if has {
			found = append(found, name)
		}
	}
	switch runtime.GOARCH {
	case "amd64":
		add("sse4.2", cpu.X86.HasSSE42)
		add("avx", cpu.X86.HasAVX)
		add("avx2", cpu.X86.HasAVX2)
		add("fma", cpu.X86.HasFMA)
		add("avx512f", cpu.X86.HasAVX512F)
		add("avx512vnni", cpu.X86.HasAVX512VNNI)
	case "arm64":
		add("neon", cpu.ARM64.HasASIMD)
		add("sve", cpu.ARM64.HasSVE)
	}
	return found
}
