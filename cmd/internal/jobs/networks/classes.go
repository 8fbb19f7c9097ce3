package networks

import "padapter/cmd/internal/jobs"

// SameClasses is an error unless labelled data has the classes of a checkpoint.
func SameClasses(data, checkpoint []string) error {
	if len(data) != len(checkpoint) {
		return jobs.Usagef("the data has %d classes and the checkpoint %d: they were made from different class lists", len(data), len(checkpoint))
	}
	for i := range data {
		if data[i] != checkpoint[i] {
			return jobs.Usagef("class %d is %q in the data and %q in the checkpoint: they were made from different class lists", i, data[i], checkpoint[i])
		}
	}
	return nil
}
