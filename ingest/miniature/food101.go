package miniature

import "fmt"

// Food101Options vary the copy of Food-101.
type Food101Options struct {
	PerClass int  // images a class for training, a third as many for testing; 0 stands for 3
	Traps    bool // absent and empty images, one in no list, one in both
	Media    Media
}

// Food101Classes are the classes of the copy, sorted.
var Food101Classes = []string{"apple_pie", "baby_back_ribs", "crème brûlée #1"}

// Food101 writes food-101/images/<class>/<id>.jpg and food-101/meta.
func Food101(dir string, o Food101Options) error {
	f := files{dir: dir, media: o.Media}
	if o.PerClass == 0 {
		o.PerClass = 3
	}
	lists := map[string]map[string][]string{"train": {}, "test": {}}
	for c, class := range Food101Classes {
		for i := range o.PerClass + (o.PerClass+2)/3 {
			split := "train"
			if i >= o.PerClass {
				split = "test"
			}
			item := fmt.Sprintf("%s/%d", class, 1000*(c+1)+i)
			lists[split][class] = append(lists[split][class], item)
			f.clip("food-101/images/"+item+".jpg", class)
		}
	}
	if o.Traps {
		lists["train"]["apple_pie"] = append(lists["train"]["apple_pie"], "apple_pie/gone", "apple_pie/empty", "baby_back_ribs/2000")
		lists["test"]["apple_pie"] = append(lists["test"]["apple_pie"], "apple_pie/1000")
		f.write("food-101/images/apple_pie/empty.jpg", nil)
		f.clip("food-101/images/apple_pie/stray.jpg", "apple_pie")
	}
	f.text("food-101/meta/classes.txt", Food101Classes...)
	for split, list := range lists {
		f.json("food-101/meta/"+split+".json", list)
	}
	return f.err
}
