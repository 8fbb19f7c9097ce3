package change

import "padapter/manifests"

// bundles assigns the same number to records that must stay together because they have the same group of a dataset or
// the same bytes. The number is the index of the first such record.
func bundles(m *manifests.Manifest) []int {
	parent := make([]int, len(m.Records))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	type name struct{ dataset, group string }
	groups, contents := map[name]int{}, map[string]int{}
	for i := range m.Records {
		r := &m.Records[i]
		if r.Group != "" {
			join(groups, name{r.Dataset, r.Group}, i, parent, root)
		}
		if r.Facts.SHA256 != "" {
			join(contents, r.Facts.SHA256, i, parent, root)
		}
	}
	for i := range parent {
		parent[i] = root(i)
	}
	return parent
}

// join adds record i to the bundle of the first record with the same key. The smaller index becomes the root.
func join[K comparable](first map[K]int, key K, i int, parent []int, root func(int) int) {
	before, ok := first[key]
	if !ok {
		first[key] = i
		return
	}
	a, b := root(before), root(i)
	parent[max(a, b)] = min(a, b)
}
