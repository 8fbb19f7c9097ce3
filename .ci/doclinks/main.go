// Command doclinks checks the Markdown files of a checkout: every relative
// link leads to a file or folder of the checkout, and to a heading of it where
// it names one; and README.md links to every page below docs. It prints what is
// wrong and exits 1 then.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

func main() {
	list, err := exec.Command("git", "ls-files", "-co", "--exclude-standard", "*.md").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "doclinks: list the pages:", err)
		os.Exit(1)
	}
	problems, err := check(".", strings.Fields(string(list)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "doclinks:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// check reads the pages, named with slashes below root, and says what is wrong with them.
func check(root string, pages []string) ([]string, error) {
	texts := map[string]string{}
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
		if os.IsNotExist(err) {
			continue // removed, but not committed yet
		}
		if err != nil {
			return nil, err
		}
		texts[page] = string(text)
	}
	var problems []string
	indexed := map[string]bool{}
	for _, page := range pages {
		for _, link := range links(texts[page]) {
			target, fragment, _ := strings.Cut(link, "#")
			file := page
			if target != "" {
				file = path.Join(path.Dir(page), target)
			}
			if page == "README.md" {
				indexed[file] = true
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil || strings.HasPrefix(file, "../") {
				problems = append(problems, fmt.Sprintf("%s: %s leads nowhere", page, link))
				continue
			}
			if text, ok := texts[file]; ok && fragment != "" && !slices.Contains(anchors(text), fragment) {
				problems = append(problems, fmt.Sprintf("%s: %s has no heading #%s", page, file, fragment))
			}
		}
	}
	for _, page := range pages {
		if _, ok := texts[page]; ok && strings.HasPrefix(page, "docs/") && !indexed[page] {
			problems = append(problems, fmt.Sprintf("README.md has no link to %s", page))
		}
	}
	return problems, nil
}

var (
	fences = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	spans  = regexp.MustCompile("`[^`\n]*`")
	inline = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	scheme = regexp.MustCompile(`^[a-z]+:`)
	title  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
)

// links are the targets of a page's inline links that lead to files. Code holds none.
func links(text string) []string {
	text = spans.ReplaceAllString(fences.ReplaceAllString(text, ""), "")
	var out []string
	for _, match := range inline.FindAllStringSubmatch(text, -1) {
		if !scheme.MatchString(match[1]) {
			out = append(out, match[1])
		}
	}
	return out
}

// anchors are the names of a page's headings as GitHub forms them.
func anchors(text string) []string {
	var out []string
	for _, match := range title.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		var b strings.Builder
		for _, r := range strings.ToLower(strings.TrimSpace(match[1])) {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				b.WriteRune(r)
			case r == ' ':
				b.WriteRune('-')
			}
		}
		out = append(out, b.String())
	}
	return out
}
