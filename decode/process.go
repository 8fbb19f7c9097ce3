package decode

// #include "base.h"
import "C"

import "sync"

// SetupProcess makes the settings of FFmpeg and of the C library that a process has once. They are the program's, so no
// Decoder makes them: a program calls this before its first one, and a second call does nothing.
//
//   - FFmpeg's messages go to the Decoder whose call they come from (see Options.Log), and a part of them into its
//     errors; FFmpeg writes them to standard error otherwise, and a few errors name a less exact reason.
//   - FFmpeg allocates at most 512 MiB at once: tables of a broken file may ask for gigabytes.
//   - glibc keeps up to 64 MiB of freed memory an arena. A clip's frames come and go with it, and glibc would give
//     their memory back each time, to be faulted in anew. These are the bounds that it takes by itself once a block of
//     32 MiB was freed. GLIBC_TUNABLES or MALLOC_TRIM_THRESHOLD_ in the environment leave this to the user.
func SetupProcess() { setupProcess() }

var setupProcess = sync.OnceFunc(func() {
	C.pa_process_log()
	C.pa_process_alloc()
	C.pa_process_malloc()
})
