package change

// matches reports whether all of s matches a pattern, in which '*' matches any characters, including slashes, and '?'
// matches one character. There is no escaping, because names may contain brackets and backslashes.
func matches(pattern, s []rune) bool {
	p, i := 0, 0
	star, resume := -1, 0 // the last '*', and the position in s at which its rest was tried last
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
