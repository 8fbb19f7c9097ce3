package pipelinetest

import (
	"os"
	"strconv"
	"testing"
)

// Kills is how many processes a test kills: usual, or 50 with PADAPTER_LONG; PADAPTER_KILLS sets any number.
func Kills(t testing.TB, usual int) int {
	t.Helper()
	if text := os.Getenv("PADAPTER_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("PADAPTER_KILLS: %v", err)
		}
		return n
	}
	if os.Getenv("PADAPTER_LONG") != "" {
		return 50
	}
	return usual
}
