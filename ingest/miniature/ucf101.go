package miniature

import (
	"fmt"
	"strings"
)

// UCF101Classes are the classes of the copy by number.
var UCF101Classes = []string{"ApplyEyeMakeup", "BandMarching", "HandstandPushups"}

// UCF101 writes UCF-101/<Class>/v_<Class>_gXX_cYY.avi and ucfTrainTestlist with the lists of three splits. Files of
// HandstandPushups are spelt with a capital S; one is spelt so in the lists only. A clip of each list is absent.
func UCF101(dir string, media Media) error {
	f := files{dir: dir, media: media}
	var index []string
	lists := map[string][]string{}
	for number, class := range UCF101Classes {
		index = append(index, fmt.Sprintf("%d %s", number+1, class))
		for group := 1; group <= 6; group++ {
			for clip := 1; clip <= 2; clip++ {
				name := fmt.Sprintf("%s/v_%s_g%02d_c%02d.avi", class, strings.Replace(class, "Handstand", "HandStand", 1), group, clip)
				file := name
				if group == 1 {
					file = strings.Replace(name, "HandStand", "Handstand", 1)
				}
				if group != 2 || clip != 2 || class != "BandMarching" {
					f.clip("UCF-101/"+file, class)
				}
				for split := 1; split <= 3; split++ {
					if (group-1)/2 == split-1 {
						list := fmt.Sprintf("testlist%02d.txt", split)
						lists[list] = append(lists[list], name)
					} else {
						list := fmt.Sprintf("trainlist%02d.txt", split)
						lists[list] = append(lists[list], fmt.Sprintf("%s %d", name, number+1))
					}
				}
			}
		}
	}
	f.text("ucfTrainTestlist/classInd.txt", index...)
	for name, lines := range lists {
		f.write("ucfTrainTestlist/"+name, []byte(strings.Join(lines, "\r\n")+"\r\n"))
	}
	return f.err
}
