//go:build linux

package isolate

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	arrow "github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/decode"
	"padapter/pipeline/pipelinetest"
)

// planIn makes clips of whole pages.
func planIn(indices ...int) func(*decode.Info) (decode.Plan, error) {
	return func(info *decode.Info) (decode.Plan, error) {
		return decode.Plan{Indices: indices, Region: decode.Region{W: float64(info.Width), H: float64(info.Height)}, Width: 64, Height: 64, Filter: decode.Area}, nil
	}
}

const planInBytes = 64 * 64 * 3 // of a frame: three pages

func TestClipsGoStraightToSharedMemory(t *testing.T) {
	local, err := Here(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	child := open(t, Options{})
	file, memory := fixture(t)
	mem := Shared(arrow.NewGoAllocator())
	const row = 4 * planInBytes
	for round := range 3 {
		batch := mem.Allocate(10 * row)
		for i := range batch {
			batch[i] = 7
		}
		for i, src := range []decode.Source{file, memory, file} {
			want := make([]byte, row)
			if _, err := local.Clip(t.Context(), src, planIn(0, 1, 4, 4+i), func(decode.Plan) ([]byte, error) { return want, nil }); err != nil {
				t.Fatal(err)
			}
			got := batch[3*i*row:][:row:row]
			if _, err := child.Clip(t.Context(), src, planIn(0, 1, 4, 4+i), func(decode.Plan) ([]byte, error) { return got, nil }); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("round %d, clip %d differs", round, i)
			}
		}
		for _, i := range []int{1, 2, 4, 5, 7, 8, 9} {
			if at := bytes.IndexFunc(batch[i*row:][:row], func(r rune) bool { return r != 7 }); at >= 0 {
				t.Errorf("round %d: byte %d of row %d was written", round, at, i)
			}
		}
		if info, err := child.p.pixels.file.Stat(); err != nil || info.Size() != 0 {
			t.Errorf("%d bytes of pixels were copied, %v", info.Size(), err)
		}
		if len(child.p.known) != 1 {
			t.Errorf("the child knows %d regions", len(child.p.known))
		}
		mem.Free(batch)
	}
	// Places that are not whole pages are copied to.
	batch := mem.Allocate(minShared)
	defer mem.Free(batch)
	got := batch[8:][:row:row]
	if _, err := child.Clip(t.Context(), file, planIn(0, 1, 4, 4), func(decode.Plan) ([]byte, error) { return got, nil }); err != nil || bytes.Equal(got, make([]byte, row)) {
		t.Errorf("a place between pages: %v", err)
	}
	if len(child.p.known) != 0 { // the last round's has been freed
		t.Errorf("the child knows %d regions", len(child.p.known))
	}
}

// A child that is killed in the middle of a clip is replaced, and the clip is whole.
func TestClipAfterAKill(t *testing.T) {
	child := open(t, Options{})
	file, _ := fixture(t)
	mem := Shared(arrow.NewGoAllocator())
	batch := mem.Allocate(pipelinetest.Frames * planInBytes * 4)
	defer mem.Free(batch)
	plans := 0
	got := batch[planInBytes:][: 4*planInBytes : 4*planInBytes]
	clip, err := child.Clip(t.Context(), file, func(info *decode.Info) (decode.Plan, error) {
		if plans++; plans == 1 {
			if err := syscall.Kill(child.p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
		return planIn(0, 3, 5, 8)(info)
	}, func(decode.Plan) ([]byte, error) { return got, nil })
	if err != nil || plans != 2 || len(clip.Frames) != 4 {
		t.Fatalf("%d plans, %v", plans, err)
	}
	again := make([]byte, len(got))
	if _, err := child.Clip(t.Context(), file, planIn(0, 3, 5, 8), func(decode.Plan) ([]byte, error) { return again, nil }); err != nil || !bytes.Equal(got, again) {
		t.Errorf("the clip differs from the next: %v", err)
	}
}

// mappingOf is what /proc says of the protection at an address.
func mappingOf(t *testing.T, at unsafe.Pointer) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		from, to, _ := strings.Cut(fields[0], "-")
		if address(t, from) <= uintptr(at) && uintptr(at) < address(t, to) {
			return fields[1]
		}
	}
	return ""
}

func address(t *testing.T, hex string) (out uintptr) {
	t.Helper()
	for _, digit := range hex {
		out = out<<4 | uintptr(strings.IndexRune("0123456789abcdef", digit))
	}
	return out
}

// A child can write to one clip at a time, which lies between memory that it cannot touch.
func TestOnlyOneClipCanBeWrittenTo(t *testing.T) {
	for _, c := range []struct {
		name string
		keys func() keys
	}{{"by mappings", func() keys { return keys{} }}, {"by keys", newKeys}} {
		t.Run(c.name, func(t *testing.T) {
			runtime.LockOSThread() // for good, as a child's
			views := regions{keys: c.keys()}
			if c.name == "by keys" && len(views.keys.all) == 0 {
				t.Skip("this machine has no protection keys")
			}
			testOneClip(t, &views)
		})
	}
}

func testOneClip(t *testing.T, views *regions) {
	mem := Shared(arrow.NewGoAllocator())
	batch := mem.Allocate(1 << 20)
	defer mem.Free(batch)
	r, at := regionOf(batch[4096:])
	if r == nil || at != 4096 {
		t.Fatalf("region %v, at %d", r, at)
	}
	fd, err := syscall.Dup(int(r.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	views.lent = map[uint64]*lentRegion{5: {os.NewFile(uintptr(fd), "clips"), map[int64]*clipView{}}}
	first, err := views.open(5, 8192, 12288)
	if err != nil {
		t.Fatal(err)
	}
	first[0], first[12287] = 1, 2
	before, behind := unsafe.Add(unsafe.Pointer(&first[0]), -1), unsafe.Add(unsafe.Pointer(&first[0]), len(first))
	if a, b, c := mappingOf(t, before), mappingOf(t, unsafe.Pointer(&first[0])), mappingOf(t, behind); a != "---p" || b != "rw-s" || c != "---p" {
		t.Errorf("a clip that is written lies in %q between %q and %q", b, a, c)
	}
	second, err := views.open(5, 20480, 4096)
	if err != nil {
		t.Fatal(err)
	}
	second[0] = 3
	if canWrite(first) || !canWrite(second) {
		t.Errorf("the first clip can be written to while the second is open: %t; the second: %t", canWrite(first), canWrite(second))
	}
	if err := views.close(); err != nil {
		t.Fatal(err)
	}
	if canWrite(first) || canWrite(second) {
		t.Error("a clip can be written to afterwards")
	}
	again, err := views.open(5, 8192, 12288)
	if err != nil || &again[0] != &first[0] {
		t.Errorf("the first clip was mapped anew, %v", err)
	}
	if !canWrite(again) || canWrite(second) {
		t.Error("the first clip is open again and cannot be written to, or the second can")
	}
	if batch[8192] != 1 || batch[8192+12287] != 2 || batch[20480] != 3 {
		t.Error("what was written is not there")
	}
	if _, err := views.open(6, 0, 4096); err == nil {
		t.Error("a region that was not lent was opened")
	}
	if err := views.learn(&order{Gone: []uint64{5, 9}}, nil); err != nil {
		t.Fatal(err)
	}
	if a := mappingOf(t, unsafe.Pointer(&first[0])); len(views.lent) != 0 || strings.HasSuffix(a, "s") {
		t.Errorf("after its end the region is %q", a)
	}
}

// canWrite tries to, in the middle.
func canWrite(clip []byte) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { ok = recover() == nil }()
	clip[len(clip)/2]++
	return true
}

func TestSharedAllocates(t *testing.T) {
	mem := Shared(arrow.NewGoAllocator())
	small := mem.Allocate(100)
	if r, _ := regionOf(small); r != nil {
		t.Error("small memory is shared")
	}
	small[99] = 9
	b := mem.Reallocate(minShared+5, small)
	if r, at := regionOf(b); r == nil || at != 0 || b[99] != 9 || len(b) != minShared+5 {
		t.Errorf("grown: region %v, %d bytes", r, len(b))
	}
	b[minShared] = 8
	if c := mem.Reallocate(minShared+3, b); &c[0] != &b[0] {
		t.Error("shrinking moves")
	}
	c := mem.Reallocate(3*minShared, b)
	if c[99] != 9 || c[minShared] != 8 {
		t.Error("growing loses what was there")
	}
	if r, _ := regionOf(c); r == nil {
		t.Error("large memory is not shared")
	}
	mem.Free(c)
	if r, _ := regionOf(c); r != nil {
		t.Error("freed memory is still there")
	}
	mem.Free(mem.Allocate(10))
}
