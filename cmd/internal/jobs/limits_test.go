package jobs

import "testing"

func TestLimitsAreOfTheClips(t *testing.T) {
	var none, some DecodeLimits
	some.MaxFrames = 7
	if none.Identity() != "" || some.Identity() != "limits 0s, 0 pixels, 7 frames" {
		t.Errorf("identities %q and %q", none.Identity(), some.Identity())
	}
	if some.Decoder().MaxFrames != 7 {
		t.Errorf("decoder options %+v", some.Decoder())
	}
}
