package miniature

import "fmt"

// HMDB51Names are clips of the copy with names that nothing may take for anything else.
var HMDB51Names = []string{
	"#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi", "(Rad)Schlag_die_Bank!_cartwheel_f_cm_np1_le_med_0.avi",
	"show_your_smile_-)_smile_h_nm_np1_fr_med_0.avi", "-a;b&c=d%20.v2_x.avi", "déjà vu 名前_kick.avi",
}

// HMDB51 writes hmdb51_org/<class>/<name>.avi and testTrainMulti_7030_splits with a list a class and split.
func HMDB51(dir string, media Media) error {
	f := files{dir: dir, media: media}
	for c, class := range []string{"brush_hair", "kick_ball"} {
		for split := 1; split <= 3; split++ {
			var lines []string
			for i, name := range HMDB51Names {
				lines = append(lines, fmt.Sprintf("%s %d ", name, (i+split+c)%3))
			}
			f.text(fmt.Sprintf("testTrainMulti_7030_splits/%s_test_split%d.txt", class, split), lines...)
		}
		for _, name := range HMDB51Names {
			f.clip("hmdb51_org/"+class+"/"+name, class)
		}
	}
	return f.err
}
