package jobs

import "strconv"

// Thousands writes a number with a comma between groups of three digits, as summaries for people have it.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
