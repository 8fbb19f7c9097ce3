package miniature

import "fmt"

// Flowers102 writes jpg/image_%05d.jpg, imagelabels.mat and setid.mat: ten images of three classes, of which the ninth has
// no file and the tenth is in no set.
func Flowers102(dir string, media Media) error {
	f := files{dir: dir, media: media}
	labels := []byte{3, 1, 2, 1, 2, 3, 1, 2, 3, 1}
	for i, label := range labels {
		if i != 8 {
			f.clip(fmt.Sprintf("jpg/image_%05d.jpg", i+1), fmt.Sprint(label))
		}
	}
	f.write("imagelabels.mat", MAT(true, Matrix{Name: "labels", Double: true, Dims: []int{1, len(labels)}, Bytes: labels}))
	f.write("setid.mat", MAT(true,
		Matrix{Name: "trnid", Double: true, Dims: []int{1, 2}, Bytes: []byte{4, 1}},
		Matrix{Name: "valid", Double: true, Dims: []int{1, 2}, Bytes: []byte{2, 3}},
		Matrix{Name: "tstid", Double: true, Dims: []int{1, 5}, Bytes: []byte{5, 6, 7, 8, 9}}))
	return f.err
}
