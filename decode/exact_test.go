package decode

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fixtures lists the clips that testdata/fixtures.sh made.
func fixtures(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("PADAPTER_FIXTURES")
	if dir == "" {
		dir = filepath.Join(repositoryRoot(t), ".deps", "fixtures")
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*.*"))
	found = slices.DeleteFunc(found, func(path string) bool { return strings.HasPrefix(filepath.Base(path), "part-") })
	return found
}

func allClips(t testing.TB) []string {
	t.Helper()
	made, found := fixtures(t), realClipsFound(t)
	if len(made) == 0 {
		t.Log("no generated clips: run decode/testdata/fixtures.sh .deps/fixtures for them")
	}
	if len(made)+len(found) == 0 {
		t.Skip("neither generated nor real clips")
	}
	return append(made, found...)
}

// nativeSums decodes frames and gives the checksum of each.
func nativeSums(t testing.TB, d *Decoder, src Source, indices []int) map[int]string {
	t.Helper()
	sums := map[int]string{}
	err := d.Native(t.Context(), src, indices, func(f NativeFrame) error {
		if _, twice := sums[f.Index]; twice {
			t.Errorf("frame %d is delivered twice", f.Index)
		}
		sums[f.Index] = f.MD5()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// indexSets are strides, single frames and random sets of a clip of n frames.
func indexSets(n, random int, rng *rand.Rand) [][]int {
	sets := [][]int{{0}, {n - 1}, {n / 2}}
	for _, stride := range []int{1, 4, 7, 9, 13} {
		var set []int
		for i := min(stride-1, n-1); i < n; i += stride {
			set = append(set, i)
		}
		sets = append(sets, set)
	}
	for range random {
		set := make([]int, 1+rng.IntN(min(16, n)))
		span := 1 + rng.IntN(n)
		start := rng.IntN(n - span + 1)
		for i := range set {
			set[i] = start + rng.IntN(span)
		}
		slices.Sort(set)
		sets = append(sets, slices.Compact(set))
	}
	return sets
}

// turned clips have other planes than a plain decode; their frames are
// compared with the ffmpeg program instead.
func turned(path string) bool { return strings.Contains(path, "rotated") }

// Every chosen frame is bit-identical to a full sequential decode, whatever
// set of frames is asked for.
func TestChosenFramesEqualSequentialDecode(t *testing.T) {
	const random = 6 // with the fixed sets 14 a clip, more than 1,000 together
	checked, counted := 0, 0
	for _, path := range allClips(t) {
		if turned(path) {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			src := readFile(t, path)
			want := sequential(t, src)
			d := newDecoder(t, Options{})
			info, err := d.Info(t.Context(), src)
			if err != nil {
				t.Fatal(err)
			}
			if info.Frames != len(want) {
				t.Fatalf("%d frames, a sequential decode yields %d", info.Frames, len(want))
			}
			if info.FullScan {
				counted++
				t.Log("indexed by decoding")
			}
			for i, w := range want {
				if w.pts != noPts && w.pts != info.Pts[i] {
					t.Errorf("frame %d: pts %d, want %d", i, info.Pts[i], w.pts)
					break
				}
			}
			rng := rand.New(rand.NewPCG(7, uint64(len(want))))
			for _, set := range indexSets(len(want), random, rng) {
				sums := nativeSums(t, d, src, set)
				for _, i := range set {
					if sums[i] != want[i].md5 {
						t.Fatalf("frames %v: frame %d is %q, want %s", set, i, sums[i], want[i].md5)
					}
				}
				checked++
			}
		})
	}
	t.Logf("%d index sets; %d clips indexed by decoding", checked, counted)
}

const noPts = -1 << 63
