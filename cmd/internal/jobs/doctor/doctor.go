// Package doctor is the job of 'padapter doctor': what this machine offers to the program.
package doctor

import (
	"fmt"
	"runtime"
	"strings"
	"text/tabwriter"

	"padapter/cmd/internal/machine"
	"padapter/decode"
	"padapter/models/backend"
)

// Report is what the program finds on this machine.
type Report struct {
	Version  string                 `json:"version"`
	Platform string                 `json:"platform"`
	System   machine.Facts          `json:"system"`
	FFmpeg   decode.FFmpeg          `json:"ffmpeg"`
	Backends []backend.Availability `json:"backends"`
	Auto     string                 `json:"auto"` // the backend that --backend auto takes
}

// Run looks at the machine, on which a program of this version runs.
func Run(version string) (*Report, error) {
	report := &Report{
		Version: version, Platform: runtime.GOOS + "/" + runtime.GOARCH,
		System: machine.Survey(), FFmpeg: decode.LinkedFFmpeg(), Backends: backend.Survey(),
	}
	auto, err := backend.Open("auto")
	if err != nil {
		return nil, err
	}
	report.Auto = auto.Engine
	return report, nil
}

// Text is the report for people.
func (r *Report) Text() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("padapter", "%s on %s", r.Version, r.Platform)
	row("cores", "%d, %s", r.System.Cores, strings.Join(r.System.SIMD, " "))
	if r.System.MemoryBytes > 0 {
		row("memory", "%.1f GiB", float64(r.System.MemoryBytes)/(1<<30))
	}
	row("ffmpeg", "%s (libavcodec %s, libavformat %s)", r.FFmpeg.Version, r.FFmpeg.Codec, r.FFmpeg.Format)
	row("decoders", "%s", strings.Join(r.FFmpeg.Decoders, " "))
	row("containers", "%s", strings.Join(r.FFmpeg.Demuxers, " "))
	for _, b := range r.Backends {
		state := "no"
		if b.Usable {
			state = "yes"
		}
		row("backend "+b.Engine, "%s: %s", state, b.Why)
		if !b.Usable {
			continue
		}
		row("  platform", "%s", strings.TrimSuffix(b.Platform+", "+b.Version, ", "))
		for n, device := range b.Devices {
			row(fmt.Sprintf("  device %d", n), "%s", device)
		}
		row("  product", "%s", b.Product)
	}
	row("--backend auto", "takes %s", r.Auto)
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}
