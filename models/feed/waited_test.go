package feed_test

import (
	"testing"
	"testing/synctest"
	"time"

	"padapter/models/feed"
	"padapter/models/feed/feedtest"
)

// TestWaitingIsTold runs on a clock of its own; every clip takes 3 s to come.
func TestWaitingIsTold(t *testing.T) {
	for _, c := range []struct {
		name string
		step time.Duration // of the loop's own work
		want time.Duration
	}{
		{"steps faster than clips", time.Second, (3 + 3*2) * time.Second},
		{"steps slower than clips", 5 * time.Second, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := feedtest.New(t, shape, []string{"a", "b"}, numbered(4))
				source.PerRecord, source.Before = 1, func(int) error {
					<-time.After(3 * time.Second)
					return nil
				}
				var waited time.Duration
				steps := 0
				for _, err := range feed.Batches(t.Context(), source, 0, feed.Options{Size: 1, Waited: func(d time.Duration) { waited += d }}, new(feed.Stats)) {
					if err != nil {
						t.Fatal(err)
					}
					steps++
					<-time.After(c.step)
				}
				if steps != 4 || waited != c.want {
					t.Errorf("%d steps waited %s, want 4 and %s", steps, waited, c.want)
				}
			})
		})
	}
}
