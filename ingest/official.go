package ingest

import (
	"maps"
	"slices"
	"strings"

	"padapter/manifests"
)

// officialNumbers is what a dataset's publishers say it holds. Zero and absent numbers are not known.
type officialNumbers struct {
	Classes int
	Splits  map[string]int // annotated items by split
	Found   map[string]int // items by split whose files the best known mirror has
}

// officials has the datasets by their manifests' Source, or its first word.
var officials = map[string]officialNumbers{
	"ssv2":            officialSSv2,
	"hmdb51":          officialHMDB51,
	"ucf101 split 1":  officialUCF101Split1,
	"ucf101 split 2":  officialUCF101Split2,
	"ucf101 split 3":  officialUCF101Split3,
	"kinetics400":     officialKinetics400,
	"kinetics600":     officialKinetics600,
	"kinetics700":     officialKinetics700,
	"food101":         officialFood101,
	"cifar100":        officialCIFAR100,
	"cifar100 coarse": officialCIFAR100Coarse,
	"svhn":            officialSVHN,
	"flowers102":      officialFlowers102,
}

// officialOf returns the official numbers of the dataset that a manifest was built from; false when none are known.
func officialOf(m *manifests.Manifest) (officialNumbers, bool) {
	if o, ok := officials[m.Source]; ok {
		return o, true
	}
	name, _, _ := strings.Cut(m.Source, " ")
	o, ok := officials[name]
	return o, ok
}

// Count is a number of a manifest beside the official one.
type Count struct {
	What     string `json:"what"` // "classes", "train annotated", "train found"
	Got      int    `json:"got"`
	Official int    `json:"official"`
}

// CompareOfficial counts what a manifest holds beside the official numbers, sorted by split; nil when none are known.
// A difference is no mistake: kits leave parts out, and mirrors lose files.
func CompareOfficial(m *manifests.Manifest) []Count {
	o, ok := officialOf(m)
	if !ok {
		return nil
	}
	annotated, found := map[string]int{}, map[string]int{}
	for i := range m.Records {
		r := &m.Records[i]
		annotated[r.Split]++
		if r.Status == manifests.Found {
			found[r.Split]++
		}
	}
	var counts []Count
	if o.Classes > 0 {
		counts = append(counts, Count{"classes", len(m.Classes), o.Classes})
	}
	for _, split := range slices.Sorted(maps.Keys(o.Splits)) {
		counts = append(counts, Count{split + " annotated", annotated[split], o.Splits[split]})
	}
	for _, split := range slices.Sorted(maps.Keys(o.Found)) {
		counts = append(counts, Count{split + " found", found[split], o.Found[split]})
	}
	return counts
}
