package machine

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// Where Linux says how much memory there is and how much of it a control group (version 2) may use.
const (
	memoryFile = "/proc/meminfo"
	limitFile  = "/sys/fs/cgroup/memory.max"
)

// UsableMemoryBytes is the machine's memory, or less where the process is confined to less by its control group; 0 where
// the system does not say.
func UsableMemoryBytes() int64 {
	return leastMemory(memoryBytes(memoryFile), limitFile)
}

func leastMemory(machine int64, limitFile string) int64 {
	text, err := os.ReadFile(limitFile)
	if err != nil {
		return machine
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || limit <= 0 || machine > 0 && limit > machine { // "max"
		return machine
	}
	return limit
}

// memoryBytes reads the machine's memory from a file of /proc/meminfo's form; 0 when there is none.
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
