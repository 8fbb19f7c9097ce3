package batch_test

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

func TestPoolGivesMemoryOutAgain(t *testing.T) {
	const size = 1 << 20
	checked := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer checked.AssertSize(t, 0)
	pool := batch.NewPool(checked, 2*size)
	defer pool.Drain()
	a := pool.Allocate(size)
	first := unsafe.SliceData(a)
	a = pool.Reallocate(size/2, a) // a shorter batch at the end
	pool.Free(a)
	if b := pool.Allocate(size); unsafe.SliceData(b) != first || len(b) != size {
		t.Errorf("%d bytes of other memory", len(b))
	} else {
		pool.Free(b)
	}
	if b := pool.Allocate(4 * size); unsafe.SliceData(b) == first {
		t.Error("memory that is too small was given")
	} else {
		pool.Free(b) // more than is kept
	}
	small := pool.Reallocate(200, pool.Allocate(100))
	copy(small, "kept")
	grown := pool.Reallocate(size, small)
	if string(grown[:4]) != "kept" {
		t.Errorf("growing lost the content: %q", grown[:4])
	}
	pool.Free(grown)
	if held := checked.CurrentAlloc(); held > 2*size {
		t.Errorf("%d bytes are kept, the limit is %d", held, 2*size)
	}
}

func TestPoolIsNotSharedWhileInUse(t *testing.T) {
	pool := batch.NewPool(memory.NewGoAllocator(), 64<<20)
	var tasks sync.WaitGroup
	for id := range byte(4) {
		tasks.Go(func() {
			for range 50 {
				b := pool.Allocate(512 << 10)
				for i := 0; i < len(b); i += 4096 {
					b[i] = id
				}
				for i := 0; i < len(b); i += 4096 {
					if b[i] != id {
						t.Errorf("goroutine %d found %d", id, b[i])
						break
					}
				}
				pool.Free(b)
			}
		})
	}
	tasks.Wait()
}
