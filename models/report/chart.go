package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// series is one curve of a chart.
type series struct {
	name   string
	colour string
	points []Point
}

// Size and plot area of a chart in units of its view box.
const (
	chartWidth, chartHeight             = 640, 260
	plotLeft, plotRight, plotTop, plotB = 56, 628, 12, 226
)

// maxPoints limits the points of a curve. Longer curves are averaged over equal intervals.
const maxPoints = 600

// chart draws curves over steps. It returns an empty string if there are no points.
func chart(curves ...series) template.HTML {
	lowX, highX, lowY, highY := bounds(curves)
	if lowX > highX {
		return ""
	}
	if highX == lowX {
		highX++
	}
	if highY == lowY {
		highY++
	}
	x := func(v float64) float64 { return plotLeft + (v-lowX)/(highX-lowX)*(plotRight-plotLeft) }
	y := func(v float64) float64 { return plotB - (v-lowY)/(highY-lowY)*(plotB-plotTop) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" class="chart">`, chartWidth, chartHeight)
	for _, v := range ticks(lowY, highY) {
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			plotLeft, plotRight, y(v), y(v), plotLeft-6, y(v)+4, short(v))
	}
	for _, v := range ticks(lowX, highX) {
		fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x(v), plotB+18, short(v))
	}
	for i, s := range curves {
		b.WriteString(`<polyline class="curve" stroke="` + s.colour + `" points="`)
		for _, p := range downsample(s.points) {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(p.X), y(p.Y))
		}
		fmt.Fprintf(&b, `"/><text class="key" fill="%s" x="%d" y="%d">%s</text>`, s.colour, plotLeft+110*i, chartHeight-4, template.HTMLEscapeString(s.name))
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // numbers, constants and escaped names only
}

func bounds(curves []series) (lowX, highX, lowY, highY float64) {
	lowX, lowY = math.Inf(1), math.Inf(1)
	highX, highY = math.Inf(-1), math.Inf(-1)
	for _, s := range curves {
		for _, p := range s.points {
			lowX, highX = min(lowX, p.X), max(highX, p.X)
			lowY, highY = min(lowY, p.Y), max(highY, p.Y)
		}
	}
	return lowX, highX, lowY, highY
}

// downsample averages a long curve over equal intervals.
func downsample(points []Point) []Point {
	if len(points) <= maxPoints {
		return points
	}
	out := make([]Point, 0, maxPoints)
	for i := range maxPoints {
		from, to := i*len(points)/maxPoints, (i+1)*len(points)/maxPoints
		var mean Point
		for _, p := range points[from:to] {
			mean.X += p.X / float64(to-from)
			mean.Y += p.Y / float64(to-from)
		}
		out = append(out, mean)
	}
	return out
}

// ticks returns a few round numbers in [low, high].
func ticks(low, high float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/3)))
	for _, factor := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*factor) <= 5 {
			step *= factor
			break
		}
	}
	var out []float64
	for v := math.Ceil(low/step) * step; v <= high+step*1e-9; v += step {
		out = append(out, v)
	}
	return out
}

// short formats the label of a tick.
func short(v float64) string {
	if math.Abs(v) < 1e-12 {
		return "0"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
