package change

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"padapter/manifests"
)

// commonRoot returns the deepest folder that contains all roots, and the path from it to each root.
func commonRoot(roots []string) (common string, below []string, err error) {
	parts := make([][]string, len(roots))
	for i, root := range roots {
		if root == "" {
			return "", nil, errors.New("one manifest has a root and another has none: build them with --root")
		}
		if filepath.IsAbs(root) != filepath.IsAbs(roots[0]) {
			return "", nil, fmt.Errorf("the roots %s and %s have no folder in common: build both with an absolute --root", roots[0], root)
		}
		parts[i] = strings.Split(filepath.ToSlash(filepath.Clean(root)), "/")
		if parts[i][0] == "." {
			parts[i] = nil
		}
	}
	shared := parts[0]
	for _, p := range parts {
		n := 0
		for n < len(shared) && n < len(p) && shared[n] == p[n] {
			n++
		}
		shared = shared[:n]
	}
	for i, p := range parts {
		rest := p[len(shared):]
		if len(rest) > 0 && rest[0] == ".." {
			return "", nil, fmt.Errorf("the roots %s and %s have no folder in common: build both with an absolute --root", roots[0], roots[i])
		}
		below = append(below, strings.Join(rest, "/"))
	}
	common = strings.Join(shared, "/")
	switch {
	case common != "":
	case filepath.IsAbs(roots[0]):
		common = "/"
	default:
		common = "."
	}
	return filepath.FromSlash(common), below, nil
}

// moved rewrites a URI relative to a folder as one relative to the folder's parent.
func moved(uri, folder string) string {
	if folder == "" || uri == "" || filepath.IsAbs(filepath.FromSlash(uri)) {
		return uri
	}
	if scheme, rest, ok := cutScheme(uri); ok {
		if _, _, nested := cutScheme(rest); nested || strings.HasPrefix(rest, "/") {
			return uri // an object store or an absolute path
		}
		return scheme + ":" + (&url.URL{Path: folder + "/"}).EscapedPath() + strings.TrimPrefix(rest, "./")
	}
	to := folder + "/" + strings.TrimPrefix(uri, "./")
	if _, _, ok := cutScheme(to); ok {
		return "./" + to
	}
	return to
}

// cutScheme splits a URI such as "tar:clips.tar?member=a.avi". Plain paths have no scheme; a path whose first folder
// looks like one starts with "./".
func cutScheme(uri string) (scheme, rest string, ok bool) {
	first, _, _ := strings.Cut(uri, "/")
	scheme, _, ok = strings.Cut(first, ":")
	if !ok || scheme == "" {
		return "", "", false
	}
	for i, c := range []byte(scheme) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return "", "", false
		}
	}
	return scheme, uri[len(scheme)+1:], true
}

// reroot returns a common root and a function that rewrites the URIs of manifest m relative to it.
func reroot(all []*manifests.Manifest) (root string, uri func(m int, uri string) string, err error) {
	roots := make([]string, len(all))
	equal := true
	for i, m := range all {
		roots[i] = m.Root
		equal = equal && m.Root == all[0].Root
	}
	if equal {
		return all[0].Root, func(_ int, uri string) string { return uri }, nil
	}
	root, below, err := commonRoot(roots)
	return root, func(m int, uri string) string { return moved(uri, below[m]) }, err
}
