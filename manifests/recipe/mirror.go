package recipe

import (
	"regexp"
	"strings"
)

// What a mirrored clip's label becomes where class names speak of directions.
const (
	FlipSwap   = "swap"   // the class whose name has left and right exchanged; clips of a class without such a partner are not mirrored
	FlipForbid = "forbid" // clips of classes that name a direction are not mirrored
	FlipKeep   = "keep"   // all clips are mirrored and keep their labels
)

// NeverMirror stands for a class whose clips must not be mirrored.
const NeverMirror int32 = -1

// opposite are words that a mirror turns into each other.
var opposite = map[string]string{
	"left": "right", "leftward": "rightward", "leftwards": "rightwards",
	"clockwise": "counterclockwise", "counterclockwise": "clockwise", "anticlockwise": "clockwise",
}

func init() {
	for a, b := range map[string]string{"left": "right", "leftward": "rightward", "leftwards": "rightwards"} {
		opposite[b] = a
	}
}

var words = regexp.MustCompile(`[\pL\pN]+`)

// Mirrored returns for each class what a clip of it shows when it is mirrored left to right: the number of the class, or
// NeverMirror. mode is one of the Flip constants; empty stands for FlipSwap. Names are compared without regard to case.
func Mirrored(classes []string, mode string) []int32 {
	number := make(map[string]int32, len(classes))
	for i, name := range classes {
		number[strings.ToLower(name)] = int32(i)
	}
	out := make([]int32, len(classes))
	for i, name := range classes {
		out[i] = int32(i)
		directed := false
		turned := words.ReplaceAllStringFunc(strings.ToLower(name), func(word string) string {
			other, ok := opposite[word]
			if !ok {
				return word
			}
			directed = true
			return other
		})
		if !directed || mode == FlipKeep {
			continue
		}
		partner, ok := number[turned]
		if out[i] = NeverMirror; ok && mode != FlipForbid {
			out[i] = partner
		}
	}
	for i, partner := range out {
		if partner != NeverMirror && out[partner] != int32(i) {
			out[i] = NeverMirror // what is not a pair both ways is no pair
		}
	}
	return out
}
