package decode

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Damaged clips, too, give the frames that a sequential decode of the same
// bytes gives. Packed B-frames are the exception: unpacked, damage to one
// frame no longer loses the next.
func TestDamagedClipsEqualSequentialDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	compared, refused := 0, 0
	for i, path := range allClips(t) {
		name := filepath.Base(path)
		if turned(path) || strings.HasPrefix(name, "xvid_") || strings.HasPrefix(name, "ucf_") {
			continue
		}
		if i%2 != 0 && os.Getenv("PADAPTER_LONG") == "" {
			continue
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		src := inMemory(mutate(file, uint8([]int{0, 4, 3, 2, 4, 0, 2}[i%7]), rng))
		d := newDecoder(t, Options{})
		if _, err := d.Info(t.Context(), src); err != nil {
			if ReasonOf(err) == "" || ReasonOf(err) == Failed {
				t.Errorf("%s: %v", name, err)
			}
			refused++
			continue
		}
		before := t.Failed()
		checkExact(t, d, src)
		if t.Failed() && !before {
			t.Errorf("in %s", name)
		}
		compared++
	}
	t.Logf("%d damaged clips compared, %d refused with a reason", compared, refused)
}
