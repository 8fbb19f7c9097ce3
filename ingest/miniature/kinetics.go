package miniature

import (
	"fmt"
	"strings"
)

// KineticsOptions vary the copy of Kinetics.
type KineticsOptions struct {
	PerClass bool                // train/<class>/<file>, as crawlers write; otherwise <split>/<file>, as the mirror has it
	Spelling func(string) string // how folders spell the classes' names; nil keeps them
	Traps    bool                // absent and empty clips, and replacements
	Media    Media
}

// KineticsClasses are the classes of the copy, sorted.
var KineticsClasses = []string{"massaging person's head", "passing American football (in game)", "zumba"}

// Kinetics writes <split>/…mp4 and the annotations train.csv, validate.csv and test.csv, of which the last has neither
// classes nor a column for them.
func Kinetics(dir string, o KineticsOptions) error {
	f := files{dir: dir, media: o.Media}
	if o.Spelling == nil {
		o.Spelling = func(name string) string { return name }
	}
	header := map[string]string{
		"train": "label,youtube_id,time_start,time_end,split,is_cc", "validate": "label,youtube_id,time_start,time_end,split",
		"test": "youtube_id,time_start,time_end,split",
	}
	number := 0
	for _, file := range []string{"train", "validate", "test"} {
		split := strings.Replace(file, "validate", "val", 1)
		rows := []string{header[file]}
		for _, class := range KineticsClasses {
			for range 2 {
				number++
				id := fmt.Sprintf("%s%09d", []string{"-x", "_Y", "z-"}[number%3], number)
				clip := fmt.Sprintf("%s_%06d_%06d.mp4", id, number, number+10)
				row := fmt.Sprintf("%s,%d,%d,%s", id, number, number+10, file)
				switch {
				case file == "train":
					row = fmt.Sprintf("%s,%s,%d", quoted(class), row, number%2)
				case file == "validate":
					row = quoted(class) + "," + row
				}
				rows = append(rows, row)
				if folder := split + "/"; !o.PerClass || file == "test" {
					f.clip(folder+clip, class)
				} else {
					f.clip(folder+o.Spelling(class)+"/"+clip, class)
				}
			}
		}
		if o.Traps && file == "train" {
			rows = append(rows,
				"zumba,gone-------,5,15,train,0",
				"zumba,empty------,5,15,train,0",
				"zumba,replaced---,5,15,train,0",
				"zumba,,5,15,train,0",
				"zumba,never------,soon,15,train,0")
			f.write("train/empty------_000005_000015.mp4", nil)
			f.write("train/replaced---_000005_000015.mp4", []byte("broken"))
			f.clip("replacement_for_corrupted_k400/replaced---_000005_000015.mp4", "zumba")
			f.clip("train/stray------_000000_000010.mp4", "zumba")
		}
		f.text(file+".csv", rows...)
	}
	return f.err
}

// quoted writes a class as the published files do: in quotes when it holds spaces.
func quoted(class string) string {
	if strings.Contains(class, " ") {
		return `"` + class + `"`
	}
	return class
}
