package backend

import (
	"errors"
	"runtime"

	"golang.org/x/sys/cpu"
)

// CheckBFloat16 returns nil when this processor multiplies bfloat16 matrices itself, by AMX-BF16 or AVX512-BF16, and
// otherwise an error that says what it lacks. Engines emulate the format on other processors, and take many times as
// long as in float32 without saying so.
func CheckBFloat16() error {
	return checkBFloat16(runtime.GOARCH, cpu.X86.HasAMXBF16, cpu.X86.HasAVX512BF16)
}

// checkBFloat16 is CheckBFloat16 of a processor with the given architecture and instruction sets.
func checkBFloat16(arch string, amx, avx512 bool) error {
	switch {
	case arch != "amd64":
		return errors.New("bfloat16 is for x86-64 processors with AMX-BF16 or AVX512-BF16; this one is " + arch)
	case !amx && !avx512:
		return errors.New("this processor has neither AMX-BF16 nor AVX512-BF16, and would emulate bfloat16 far slower than float32")
	}
	return nil
}
