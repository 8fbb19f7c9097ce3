//go:build linux

package isolate

import (
	"math/rand/v2"
	"testing"
	"time"

	"padapter/decode"
)

// Files in the memory of a queue never lie upon each other, or beyond its end, and whatever their sizes there is room for
// a few.
func TestFilesOfAQueueLieApart(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var r room
	type span struct{ from, to int64 }
	var there []span
	for most := int64(MostQueued); most > 0; most /= 8 {
		deepest := 0
		for range 20_000 {
			at, ok := r.place()
			if !ok || len(there) == queueLength || random.IntN(9) == 0 {
				if len(there) == 0 {
					t.Fatal("no room where nothing is")
				}
				r.give()
				there = there[1:]
				continue
			}
			size := random.Int64N(most+1) + decode.Padding
			r.take(at, size)
			for _, s := range there {
				if at < s.to && s.from < at+size {
					t.Fatalf("%d bytes at %d lie upon %+v", size, at, s)
				}
			}
			if at < 0 || at+size > heldBytes {
				t.Fatalf("%d bytes at %d", size, at)
			}
			there = append(there, span{at, at + size})
			deepest = max(deepest, len(there))
		}
		if deepest < shortQueue-1 {
			t.Errorf("files of at most %d bytes: there is never room for more than %d", most, deepest)
		}
	}
}

// A queue holds some files' work, and few files where each takes long.
func TestQueueIsAsLongAsItsFilesAreQuick(t *testing.T) {
	for each, want := range map[time.Duration]int{
		50 * time.Microsecond: queueLength, time.Millisecond: queueLength, 4 * time.Millisecond: int(queueWork / (4 * time.Millisecond)), time.Second: shortQueue,
	} {
		var p pace
		now := time.Now()
		for range 3 {
			if p.set(now); p.length() < shortQueue {
				t.Errorf("length %d", p.length())
			}
			p.took = 10
			now = now.Add(10 * each)
		}
		if p.set(now); p.length() != want {
			t.Errorf("files of %s: a queue of %d, want %d", each, p.length(), want)
		}
	}
}
