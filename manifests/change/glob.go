package change

// matches reports whether s as a whole fits a pattern, in which '*' stands for any run of characters, also of slashes,
// and '?' for any one character. All other characters stand for themselves, for names hold brackets and backslashes.
func matches(pattern, s []rune) bool {
	p, i := 0, 0
	star, resume := -1, 0 // the last '*' and where what follows it was tried last
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
