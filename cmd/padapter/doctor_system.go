package main

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// systemFacts is what the machine offers to decoding and compute.
type systemFacts struct {
	Cores       int      `json:"cores"`
	MemoryBytes int64    `json:"memory_bytes"` // 0 where the system doesn't say
	SIMD        []string `json:"simd"`
}

func surveySystem() systemFacts {
	return systemFacts{Cores: runtime.GOMAXPROCS(0), MemoryBytes: memoryBytes("/proc/meminfo"), SIMD: simdFeatures()}
}

// memoryBytes reads the machine's memory from a file of Linux's /proc/meminfo form; 0 when there is none.
func memoryBytes(path string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	for scan.Scan() {
		rest, ok := strings.CutPrefix(scan.Text(), "MemTotal:")
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err != nil {
			return 0
		}
		return kib << 10
	}
	return 0
}
