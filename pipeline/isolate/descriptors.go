//go:build linux

package isolate

import "golang.org/x/sys/unix"

// FilesAtOnce is how many files each of so many decoders can be given at once: together they take at most a quarter of the
// descriptors that this process may have, and each at most mostFiles.
func FilesAtOnce(decoders int) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		limit.Cur = 256
	}
	return max(1, min(mostFiles, int(min(limit.Cur, 1<<20))/4/max(1, decoders)))
}
