package sampler

import (
	"slices"
	"testing"
)

// skewed are 100 rows of class 0, 10 of class 1, 3 of class 5 and 2 without a class.
func skewed() []int32 {
	var labels []int32
	for label, n := range map[int32]int{0: 100, 1: 10, 5: 3, -1: 2} {
		for range n {
			labels = append(labels, label)
		}
	}
	slices.Sort(labels)
	return labels
}

func TestBalancedShowsClassesEquallyOften(t *testing.T) {
	labels := skewed()
	firstEpoch := Balanced(labels, Key{Seed: 3}.Draws("balance"))
	if !slices.Equal(firstEpoch, Balanced(labels, Key{Seed: 3}.Draws("balance"))) {
		t.Error("the same draws gave other counts")
	}
	if slices.Equal(firstEpoch, Balanced(labels, Key{Seed: 3, Epoch: 1}.Draws("balance"))) {
		t.Error("every epoch takes the same rows")
	}
	taken := make([]int, len(labels)) // over many epochs
	const epochs = 3000
	for epoch := range epochs {
		shown := map[int32]int{}
		total := 0
		for row, n := range Balanced(labels, Key{Seed: 3, Epoch: epoch}.Draws("balance")) {
			shown[labels[row]] += int(n)
			total += int(n)
			taken[row] += int(n)
			if labels[row] == 5 && n != 12 && n != 13 { // 37 or 38 draws on 3 rows
				t.Fatalf("epoch %d: a row of class 5 is taken %d times", epoch, n)
			}
		}
		if total != len(labels) || shown[-1] != 2 {
			t.Fatalf("epoch %d: %d rows, %d without a class", epoch, total, shown[-1])
		}
		for _, label := range []int32{0, 1, 5} { // 113 draws on three classes
			if shown[label] != 37 && shown[label] != 38 {
				t.Fatalf("epoch %d: class %d is shown %d times", epoch, label, shown[label])
			}
		}
	}
	// A row of class 0 is due 113/300 times an epoch: within five deviations of a draw without replacement.
	for row, n := range taken {
		if labels[row] == 0 && (n < 997 || n > 1263) {
			t.Errorf("row %d of class 0 is taken %d times in %d epochs, want about 1130", row, n, epochs)
		}
	}
}

func TestBalancedWithoutClasses(t *testing.T) {
	if got := Balanced([]int32{-1, -1}, Key{}.Draws("balance")); !slices.Equal(got, []int32{1, 1}) {
		t.Errorf("got %v", got)
	}
	if got := Balanced(nil, Key{}.Draws("balance")); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
