package backend

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestBFloat16NeedsItsInstructions(t *testing.T) {
	for _, c := range []struct {
		arch        string
		amx, avx512 bool
		reason      string // "" means yes
	}{
		{"amd64", true, true, ""},
		{"amd64", false, true, ""}, // Cooper Lake, Zen 4
		{"amd64", true, false, ""}, // AVX-512 masked by a hypervisor
		{"amd64", false, false, "neither AMX-BF16 nor AVX512-BF16"},
		{"arm64", false, false, "arm64"},
	} {
		err := checkBFloat16(c.arch, c.amx, c.avx512)
		if (err == nil) != (c.reason == "") || err != nil && !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s with AMX %v, AVX-512 %v: got %v, want %q", c.arch, c.amx, c.avx512, err, c.reason)
		}
	}
}

// TestBFloat16AgreesWithTheKernel compares with the flags that Linux lists for this processor.
func TestBFloat16AgreesWithTheKernel(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("Linux on x86-64 lists the flags of a processor")
	}
	listed := false
	for _, flag := range strings.Fields(string(info)) {
		listed = listed || flag == "amx_bf16" || flag == "avx512_bf16"
	}
	if got := CheckBFloat16(); (got == nil) != listed {
		t.Errorf("got %v, while /proc/cpuinfo lists such an instruction set: %v", got, listed)
	}
}
