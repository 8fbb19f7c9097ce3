package inputs

import (
	"slices"

	"padapter/cmd/internal/jobs"
)

// allow says whether a folder of shards, whose records are of these splits, may be taken whole, as it must be: rows do not
// say what split they are of. The rules are those of choose: shards made of several splits are no training clips, nor
// validation clips, unless all splits are asked for.
func (u Use) allow(dir string, have []string, split string) error {
	switch {
	case split == everySplit:
		return nil
	case split != "" && len(have) == 1 && have[0] == split:
		return nil
	case split != "" && len(have) > 0:
		return jobs.Usagef("%s is a folder of shards made of %s, which are read whole: make shards of %q alone with preprocess --split", dir, quotedSplits(have), split)
	case split != "":
		return jobs.Usagef("%s is a folder of shards that do not say of what split they are: give preprocess the split %q, not here", dir, split)
	case u == AnyUse || len(have) <= 1:
		return nil
	}
	want := usual[u][0]
	for _, name := range usual[u] {
		if slices.Contains(have, name) {
			want = name
			break
		}
	}
	return jobs.Usagef("%s is a folder of shards made of %s, which are read whole: make shards of one split with preprocess --split (such as %q), or name the split %q here to take all", dir, quotedSplits(have), want, everySplit)
}

func quotedSplits(have []string) string {
	if len(have) == 1 {
		return "the split " + Quoted(have)
	}
	return "the splits " + Quoted(have)
}
