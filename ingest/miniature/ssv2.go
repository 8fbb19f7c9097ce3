package miniature

import (
	"fmt"
	"strconv"
	"strings"
)

// SSv2Options vary the copy of Something-Something V2.
type SSv2Options struct {
	Qualcomm bool // the second publisher's file names, and the answers to the test set
	PerClass int  // clips a class for training; half as many for validation; 0 stands for 2
	Traps    bool // a record whose clip is absent, one with an empty clip, one of no known template
	Media    Media
}

// SSv2Classes are the classes of the copy by number: what objects stand for is written out, without brackets.
var SSv2Classes = []string{
	"Pretending to be tearing something that is not tearable", "Pushing something from left to right",
	"Pushing something from right to left", "Something falling like a feather or paper",
}

// ssv2Templates are the classes as the records write them, and texts with objects in place.
var ssv2Templates = [][3]string{
	{"Pretending to be tearing [something that is not tearable]", "pretending to be tearing a spoon, \"steel\"", "a spoon, \"steel\""},
	{"Pushing [something] from left to right", "pushing café crème from left to right", "café crème"},
	{"Pushing [something] from right to left", "pushing a box; a lid from right to left", "a box; a lid"},
	{"[Something] falling like a feather or paper", "tissue falling like a feather or paper", "tissue"},
}

// SSv2 writes 20bn-something-something-v2/<id>.webm and the folder labels with the annotations.
func SSv2(dir string, o SSv2Options) error {
	f := files{dir: dir, media: o.Media}
	if o.PerClass == 0 {
		o.PerClass = 2
	}
	prefix := "labels/something-something-v2-"
	if o.Qualcomm {
		prefix = "labels/"
	}
	numbers := make([]string, len(SSv2Classes))
	for i, name := range SSv2Classes { // not in the order of the numbers, and each number a string
		numbers[(i+2)%len(numbers)] = fmt.Sprintf("%q:%q", name, strconv.Itoa(i))
	}
	f.text(prefix+"labels.json", "{"+strings.Join(numbers, ",\n ")+"}")
	type record struct {
		ID           string   `json:"id"`
		Label        string   `json:"label,omitempty"`
		Template     string   `json:"template,omitempty"`
		Placeholders []string `json:"placeholders,omitempty"`
	}
	id := 0
	list := func(n int) []record {
		var records []record
		for range n {
			for class, t := range ssv2Templates {
				id++
				records = append(records, record{strconv.Itoa(id), t[1], t[0], []string{t[2]}})
				f.clip(fmt.Sprintf("20bn-something-something-v2/%d.webm", id), SSv2Classes[class])
			}
		}
		return records
	}
	train := list(o.PerClass)
	if o.Traps {
		train = append(train,
			record{"90001", "pushing a cup from left to right", "Pushing [something] from left to right", []string{"a cup"}},
			record{"90002", "pushing a cup from left to right", "Pushing [something] from left to right", []string{"a cup"}},
			record{"90003", "eating soup", "Eating [something]", []string{"soup"}},
			train[0])
		f.write("20bn-something-something-v2/90002.webm", nil)
		f.clip("20bn-something-something-v2/90003.webm", SSv2Classes[0])
	}
	f.json(prefix+"train.json", train)
	f.json(prefix+"validation.json", list((o.PerClass+1)/2))
	var answers []string
	var test []record
	for i, r := range list(1) {
		test = append(test, record{ID: r.ID})
		answers = append(answers, r.ID+";"+SSv2Classes[i])
	}
	f.json(prefix+"test.json", test)
	if o.Qualcomm {
		f.text("labels/test-answers.csv", answers...)
	}
	return f.err
}
