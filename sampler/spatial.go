package sampler

import (
	"fmt"
	"math"
	"slices"
)

// Crop policies.
const (
	CropCenter     = "center"     // centre
	CropRandom     = "random"     // uniform position
	CropMultiscale = "multiscale" // one of ten sizes at one of 13 positions, see multiscaleSizes; ignores ShortSide
	CropResized    = "resized"    // random area and aspect ratio, see Spatial.Area; ignores ShortSide
	CropThree      = "three"      // view v is the first, middle or last along the long side
	CropFive       = "five"       // view v is a corner (top left, top right, bottom left, bottom right) or the middle
)

// crops returns the crop policies.
func crops() []string {
	return []string{CropCenter, CropRandom, CropMultiscale, CropResized, CropThree, CropFive}
}

// Region is a rectangle in pixels of the displayed source picture.
type Region struct{ X, Y, W, H float64 }

// Spatial selects the part of the picture that becomes the output.
type Spatial struct {
	ShortSide     int        // pixels of the short side after resizing, before the crop
	Height, Width int        // pixels of the output
	Crop          string     // one of the crop policies
	Flip          bool       // mirror left to right with probability one half
	Area          [2]float64 // CropResized: range of the fraction of the picture's area; zero means 0.08 to 1
	Aspect        [2]float64 // CropResized: range of width over height; zero means 3/4 to 4/3
}

// Validate returns an error if a field is out of range.
func (s Spatial) Validate() error {
	switch {
	case !slices.Contains(crops(), s.Crop):
		return fmt.Errorf("crop %q: use one of %v", s.Crop, crops())
	case s.Height < 1 || s.Width < 1 || s.Height > 1<<15 || s.Width > 1<<15:
		return fmt.Errorf("output of %d x %d pixels: each side must be 1 to %d", s.Width, s.Height, 1<<15)
	case s.Crop == CropMultiscale || s.Crop == CropResized:
	case s.ShortSide < min(s.Height, s.Width) || s.ShortSide > 1<<15:
		return fmt.Errorf("short side of %d pixels: it must be %d (the output's smaller side) to %d", s.ShortSide, min(s.Height, s.Width), 1<<15)
	}
	if a := s.area(); !(a[0] > 0 && a[0] <= a[1] && a[1] <= 1) {
		return fmt.Errorf("crop area %v: use a range within (0, 1]", a)
	}
	if a := s.aspect(); !(a[0] > 0 && a[0] <= a[1] && a[1] < 1e3) {
		return fmt.Errorf("crop aspect %v: use a range above 0", a)
	}
	return nil
}

func (s Spatial) area() [2]float64 {
	if s.Area == [2]float64{} {
		return [2]float64{0.08, 1}
	}
	return s.Area
}

func (s Spatial) aspect() [2]float64 {
	if s.Aspect == [2]float64{} {
		return [2]float64{3. / 4, 4. / 3}
	}
	return s.Aspect
}

// Resized returns the size of a picture after scaling its short side to shortSide pixels. The long side is scaled
// accordingly and truncated.
func Resized(width, height, shortSide int) (resizedWidth, resizedHeight int) {
	if width < height {
		return shortSide, shortSide * height / width
	}
	return shortSide * width / height, shortSide
}

// covering returns the size of the resized picture from which crops are taken: Resized or, if the output would exceed
// that (a narrow picture and a wide output), the smallest size with the same aspect ratio that covers the output.
func (s Spatial) covering(width, height int) (w, h int) {
	w, h = Resized(width, height, s.ShortSide)
	if w < s.Width || h < s.Height {
		scale := max(float64(s.Width)/float64(width), float64(s.Height)/float64(height))
		w = max(s.Width, int(math.Round(float64(width)*scale)))
		h = max(s.Height, int(math.Round(float64(height)*scale)))
	}
	return w, h
}

// Region returns the part of a picture of width x height pixels that becomes the output, and whether it is mirrored. It
// returns an error if s is invalid or the picture is empty.
//
// crops at a short side are selected in whole pixels of the resized picture (see Resized) and scaled back, so that
// sampling the region gives the same pixels as resizing and cropping.
func (s Spatial) Region(width, height int, k Key) (Region, bool, error) {
	if err := s.Validate(); err != nil {
		return Region{}, false, err
	}
	if width < 1 || height < 1 {
		return Region{}, false, fmt.Errorf("a picture of %d x %d pixels has nothing to crop", width, height)
	}
	flip := s.Flip && k.Draws("flip").Below(2) == 1
	switch s.Crop {
	case CropMultiscale:
		return s.multiscale(width, height, k.Draws("crop")), flip, nil
	case CropResized:
		return s.resized(width, height, k.Draws("crop")), flip, nil
	}
	rw, rh := s.covering(width, height)
	x, y := s.corner(rw, rh, k)
	sx, sy := float64(width)/float64(rw), float64(height)/float64(rh)
	return Region{X: float64(x) * sx, Y: float64(y) * sy, W: float64(s.Width) * sx, H: float64(s.Height) * sy}, flip, nil
}

// corner returns the top left corner of the crop in pixels of the resized picture, which covers the output.
func (s Spatial) corner(rw, rh int, k Key) (x, y int) {
	right, bottom := rw-s.Width, rh-s.Height
	x, y = half(right), half(bottom)
	switch s.Crop {
	case CropRandom:
		d := k.Draws("crop")
		x, y = d.Below(right+1), d.Below(bottom+1)
	case CropThree:
		if at := k.View % 3; rw >= rh {
			x = evenly(right, at, 3)
		} else {
			y = evenly(bottom, at, 3)
		}
	case CropFive:
		if at := k.View % 5; at < 4 {
			x, y = at%2*right, at/2*bottom
		}
	}
	return x, y
}

// half returns n/2, with halves rounded to even.
func half(n int) int { return int(math.RoundToEven(float64(n) / 2)) }

// resized draws an area and an aspect ratio, up to ten times, until the rectangle fits, in whole source pixels.
// Otherwise it returns the largest centred rectangle with an allowed aspect ratio.
func (s Spatial) resized(width, height int, d Draws) Region {
	area, aspect := s.area(), s.aspect()
	logLow, logHigh := math.Log(aspect[0]), math.Log(aspect[1])
	for range 10 {
		target := (area[0] + d.Unit()*(area[1]-area[0])) * float64(width) * float64(height)
		ratio := math.Exp(logLow + d.Unit()*(logHigh-logLow))
		w, h := int(math.Round(math.Sqrt(target*ratio))), int(math.Round(math.Sqrt(target/ratio)))
		if w >= 1 && h >= 1 && w <= width && h <= height {
			y, x := d.Below(height-h+1), d.Below(width-w+1)
			return Region{float64(x), float64(y), float64(w), float64(h)}
		}
	}
	w, h := width, height
	switch ratio := float64(width) / float64(height); {
	case ratio < aspect[0]:
		h = max(1, int(math.Round(float64(w)/aspect[0])))
	case ratio > aspect[1]:
		w = max(1, int(math.Round(float64(h)*aspect[1])))
	}
	return Region{float64((width - w) / 2), float64((height - h) / 2), float64(w), float64(h)}
}
