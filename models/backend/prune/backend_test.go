package prune_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/compute/support/backendtest"
	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/backend/prune"
)

// pureGo is the engine that tests wrap: it runs everywhere.
func pureGo(t *testing.T) compute.Backend {
	t.Helper()
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}

// TestBackend runs GoMLX's tests of engines.
func TestBackend(t *testing.T) {
	backendtest.RunAll(t, prune.New(pureGo(t)), nil)
}

// TestProducts compares products over axes in every order with those of the engine itself.
func TestProducts(t *testing.T) {
	engine := pureGo(t)
	for _, equation := range []string{"ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ji,kj->ik", "bij,bjk->bik", "bij,bkj->bik", "ibj,bkj->bik", "bijc,bkjc->bik", "ibj,kbj->bik", "ij,ij->", "bi,bi->b"} {
		t.Run(equation, func(t *testing.T) {
			sizes := map[byte]int{'b': 2, 'i': 3, 'j': 4, 'k': 5, 'c': 6}
			build := func(g *Graph) *Node {
				var operands [2]*Node
				for side, at := 0, 0; side < 2; side++ {
					var dims []int
					for ; equation[at] >= 'a'; at++ {
						dims = append(dims, sizes[equation[at]])
					}
					at++
					n := 1
					for _, d := range dims {
						n *= d
					}
					operands[side] = Reshape(Sin(Iota(g, shapes.Make(dtypes.Float32, n), 0)), dims...)
				}
				return Einsum(equation, operands[0], operands[1])
			}
			want, got := MustExecOnce(engine, build), MustExecOnce(prune.New(engine), build)
			if !got.InDelta(want, 1e-5) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

// counted is an engine that counts the operations that it is asked for.
type counted struct {
	compute.Backend
	asked map[string]int
}

func (c *counted) Builder(name string) compute.Builder {
	b := c.Backend.Builder(name)
	return &countedBuilder{b, &countedFunction{b.Main(), c.asked}}
}

type countedBuilder struct {
	compute.Builder
	main *countedFunction
}

func (b *countedBuilder) Main() compute.Function { return b.main }

type countedFunction struct {
	compute.Function
	asked map[string]int
}

func (f *countedFunction) Tanh(x compute.Value) (compute.Value, error) {
	f.asked["Tanh"]++
	return f.Function.Tanh(x)
}

func (f *countedFunction) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	f.asked["BroadcastInDim"]++
	return f.Function.BroadcastInDim(x, shape, axes)
}

func (f *countedFunction) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	f.asked["Transpose"]++
	return f.Function.Transpose(x, permutation...)
}

// TestPruned builds a graph with a dead node, a broadcast that an addition repeats by itself, one that is a result, and two
// transpositions that change nothing. One of them makes a result of an input.
func TestPruned(t *testing.T) {
	engine := &counted{pureGo(t), map[string]int{}}
	exec := MustNewExec(prune.New(engine), func(x *Node) []*Node {
		Tanh(x)
		spread := ExpandAndBroadcast(Slice(x, AxisElem(0)), []int{2, 3}, []int{})
		sum := Add(x, BroadcastToDims(Slice(x, AxisRange(0, 1)), 2, 3))
		return []*Node{TransposeAllDims(sum, 0, 1), sum, TransposeAllDims(x, 0, 1), spread}
	})
	defer exec.Finalize()
	out := exec.MustCall([][]float32{{1, 2, 3}, {4, 5, 6}})
	sum := [][]float32{{2, 4, 6}, {5, 7, 9}}
	for i, want := range [][][]float32{sum, sum, {{1, 2, 3}, {4, 5, 6}}, {{1, 2, 3}, {1, 2, 3}}} {
		if got := out[i].Value(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("result %d: %v, want %v", i, got, want)
		}
	}
	if want := map[string]int{"BroadcastInDim": 1}; fmt.Sprint(engine.asked) != fmt.Sprint(want) {
		t.Errorf("the engine was asked for %v, want %v", engine.asked, want)
	}
}
