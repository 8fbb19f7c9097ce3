package train

import (
	"testing"
	"time"
)

func TestTheFirstStepCompiles(t *testing.T) {
	var p pace
	p.took(5 * time.Second)
	if got := p.compile(); got != 0 {
		t.Errorf("%s after one step, from which nothing can be told", got)
	}
	p.took(2 * time.Second)
	p.took(time.Second)
	if got := p.compile(); got != 3500*time.Millisecond {
		t.Errorf("%s, want 3.5 s", got)
	}
	quick := pace{first: time.Second, rest: 4 * time.Second, steps: 2}
	if got := quick.compile(); got != 0 {
		t.Errorf("a first step that is faster: %s", got)
	}
}
