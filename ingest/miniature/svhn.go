package miniature

// SVHN writes {train,test,extra}_32x32.mat: digits 1 to 9, and 0 with the label 10. The pixels of a digit are a pattern of
// its own. The files are compressed, as those published are, except extra_32x32.mat.
func SVHN(dir string) error {
	f := files{dir: dir}
	labels := []byte{1, 10, 2, 9, 10}
	pixels := make([]byte, 0, len(labels)*3*32*32)
	for _, label := range labels {
		rows := pattern(int(label % 10))
		for plane := range 3 { // a file's numbers run down the columns
			for x := range 32 {
				for y := range 32 {
					pixels = append(pixels, rows[(plane*32+y)*32+x])
				}
			}
		}
	}
	for i, split := range []string{"train", "test", "extra"} {
		n := len(labels) - i
		f.write(split+"_32x32.mat", MAT(split != "extra",
			Matrix{Name: "X", Dims: []int{32, 32, 3, n}, Bytes: pixels[:n*3*32*32]},
			Matrix{Name: "y", Double: true, Dims: []int{n, 1}, Bytes: labels[:n]}))
	}
	return f.err
}
