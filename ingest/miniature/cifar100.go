package miniature

import "bytes"

// The classes of the copy of CIFAR-100 by number: a fine class's superclass has half its number.
var (
	CIFAR100Fine   = []string{"apple", "aquarium_fish", "baby", "bear"}
	CIFAR100Coarse = []string{"fruit_and_vegetables", "people"}
)

// CIFAR100Options vary the copy of CIFAR-100.
type CIFAR100Options struct {
	PerClass int  // images a class and split; 0 stands for 1
	Traps    bool // a class that is not in the list, a record cut off
}

// CIFAR100 writes cifar-100-binary. Pixels are a different pattern for each class.
func CIFAR100(dir string, o CIFAR100Options) error {
	f := files{dir: dir}
	var bin bytes.Buffer
	for range max(1, o.PerClass) {
		for fine := range CIFAR100Fine {
			bin.WriteByte(byte(fine / 2))
			bin.WriteByte(byte(fine))
			bin.Write(pattern(fine))
		}
	}
	f.write("cifar-100-binary/test.bin", bin.Bytes())
	if o.Traps {
		bin.Write([]byte{0, 100})
		bin.Write(pattern(0))
		bin.Write([]byte{1, 2, 3})
	}
	f.write("cifar-100-binary/train.bin", bin.Bytes())
	f.text("cifar-100-binary/fine_label_names.txt", append(CIFAR100Fine, "")...)
	f.text("cifar-100-binary/coarse_label_names.txt", append(CIFAR100Coarse, "")...)
	return f.err
}

// pattern is a picture of 32 by 32 pixels as planes of red, green and blue: stripes that differ from class to class.
func pattern(class int) []byte {
	pixels := make([]byte, 3*32*32)
	for plane := range 3 {
		for y := range 32 {
			for x := range 32 {
				if (x*(class+1)/8+y*(plane+class)/8)%2 == 0 {
					pixels[(plane*32+y)*32+x] = byte(255 - 40*class)
				}
			}
		}
	}
	return pixels
}
