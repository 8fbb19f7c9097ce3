package layout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/checkpoint/safetensors"
	"padapter/models/vit"
	"padapter/models/weights"
)

// Export returns the backbone's parameters under the names of the layout with the given name, with its usual prefix.
func Export(name string, backbone vit.Config, store *model.Store) ([]safetensors.Tensor, error) {
	at := slices.IndexFunc(Layouts, func(l Layout) bool { return l.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("layout %q is unknown: use one of %s", name, strings.Join(names(), ", "))
	}
	l := Layouts[at]
	parts := map[string][3]*safetensors.Tensor{}
	var order []string
	for _, p := range backbone.Parameters() {
		values, err := weights.Values(store, p)
		if err != nil {
			return nil, err
		}
		there, part, ok := l.to(p.Name)
		if !ok {
			return nil, fmt.Errorf("layout %s has no name for %s", name, p.Name)
		}
		there = l.Prefixes[0] + there
		t := &safetensors.Tensor{Name: there, Shape: p.FileShape(), Values: p.ToFile(values)}
		all, seen := parts[there]
		if !seen {
			order = append(order, there)
		}
		all[max(part-1, 0)] = t
		parts[there] = all
	}
	out := make([]safetensors.Tensor, 0, len(order))
	for _, there := range order {
		all := parts[there]
		t := *all[0]
		if all[1] != nil {
			t.Shape = append([]int{3 * t.Shape[0]}, t.Shape[1:]...)
			t.Values = slices.Concat(all[0].Values, all[1].Values, all[2].Values)
		}
		out = append(out, t)
	}
	return out, nil
}

// to returns where files of the layout hold one of our parameters.
func (l *Layout) to(name string) (string, int, bool) {
	template, block := templateOf(name)
	for _, r := range l.rules {
		if r.to == template {
			return strings.Replace(r.from, "{}", block, 1), r.part, true
		}
	}
	return "", 0, false
}
