package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

type point struct {
	tag   string
	step  int64
	value float32
}

// parse reads an event file back, independently of the writer's own encoding helpers.
func parse(t *testing.T, data []byte) (version string, points []point) {
	t.Helper()
	check := func(b []byte, want uint32) {
		crc := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
		if got := ((crc >> 15) | (crc << 17)) + 0xa282ead8; got != want {
			t.Fatalf("checksum %08x, want %08x", want, got)
		}
	}
	fields := func(b []byte, visit func(protowire.Number, protowire.Type, []byte)) {
		for len(b) > 0 {
			number, kind, n := protowire.ConsumeTag(b)
			if n < 0 {
				t.Fatal(protowire.ParseError(n))
			}
			b = b[n:]
			size := protowire.ConsumeFieldValue(number, kind, b)
			if size < 0 {
				t.Fatal(protowire.ParseError(size))
			}
			visit(number, kind, b[:size])
			b = b[size:]
		}
	}
	text := func(b []byte) []byte { v, _ := protowire.ConsumeBytes(b); return v }
	for len(data) > 0 {
		size := binary.LittleEndian.Uint64(data)
		check(data[:8], binary.LittleEndian.Uint32(data[8:]))
		event := data[12 : 12+size]
		check(event, binary.LittleEndian.Uint32(data[12+size:]))
		data = data[16+size:]
		var p point
		fields(event, func(number protowire.Number, kind protowire.Type, b []byte) {
			switch number {
			case 1:
				if seconds, _ := protowire.ConsumeFixed64(b); math.Float64frombits(seconds) < 1e9 {
					t.Errorf("wall time %v", math.Float64frombits(seconds))
				}
			case 2:
				step, _ := protowire.ConsumeVarint(b)
				p.step = int64(step)
			case 3:
				version = string(text(b))
			case 5:
				fields(text(b), func(_ protowire.Number, _ protowire.Type, b []byte) {
					fields(text(b), func(number protowire.Number, _ protowire.Type, b []byte) {
						if number == 1 {
							p.tag = string(text(b))
						} else {
							bits, _ := protowire.ConsumeFixed32(b)
							p.value = math.Float32frombits(bits)
						}
					})
				})
				points = append(points, p)
			}
		})
	}
	return version, points
}

func TestEventsReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "events")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []point{{"loss", 0, 1.5}, {"loss", 300, 0.25}, {"val/top1", 300, 1}}
	for _, p := range want {
		if err := w.Scalar(p.tag, p.step, float64(p.value)); err != nil {
			t.Fatal(err)
		}
	}
	name := w.name()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(name, "events.out.tfevents.") {
		t.Errorf("file name %s: TensorBoard looks for tfevents", name)
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	version, points := parse(t, data)
	if version != "brain.Event:2" || len(points) != len(want) {
		t.Fatalf("version %q, points %v", version, points)
	}
	for i := range want {
		if points[i] != want[i] {
			t.Errorf("point %d is %v, want %v", i, points[i], want[i])
		}
	}
}

// The CRC-32C of "123456789" is 0xe3069283 (RFC 3720); its masked form follows from the definition.
func TestMaskedChecksum(t *testing.T) {
	want := uint32(0xe3069283)
	want = (want>>15 | want<<17) + 0xa282ead8
	if got := masked([]byte("123456789")); got != want {
		t.Errorf("masked checksum %08x, want %08x", got, want)
	}
}
