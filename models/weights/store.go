package weights

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Fill creates a variable with its initial values for every parameter. The variables exist whether or not a graph uses
// them. None is trainable: see Trainable.
func Fill(store *model.Store, parameters []Parameter, seed uint64) error {
	for _, p := range parameters {
		v, err := store.CreateVariable(p.Path(), tensors.FromFlatDataAndDimensions(p.Draw(seed), p.Shape...))
		if err != nil {
			return fmt.Errorf("create parameter %s: %w", p.Name, err)
		}
		v.SetTrainable(false)
	}
	return nil
}

// Trainable marks exactly the parameters that trains accepts as trainable and returns their variables in the order of
// the list. Buffers are never trainable.
func Trainable(store *model.Store, parameters []Parameter, trains func(Parameter) bool) ([]*model.Variable, error) {
	var trained []*model.Variable
	for _, p := range parameters {
		v := store.GetVariable(p.Path())
		if v == nil {
			return nil, fmt.Errorf("parameter %s is not in the store: fill it first", p.Name)
		}
		on := p.Role != Buffer && trains(p)
		v.SetTrainable(on)
		if on {
			trained = append(trained, v)
		}
	}
	return trained, nil
}

// Values returns a copy of a parameter's current values in the order of its Shape.
func Values(store *model.Store, p Parameter) ([]float32, error) {
	v := store.GetVariable(p.Path())
	if v == nil {
		return nil, fmt.Errorf("parameter %s is not in the store", p.Name)
	}
	tensor, err := v.Value()
	if err != nil {
		return nil, fmt.Errorf("read parameter %s: %w", p.Name, err)
	}
	values, err := tensors.CopyFlatData[float32](tensor)
	if err != nil {
		return nil, fmt.Errorf("read parameter %s: %w", p.Name, err)
	}
	return values, nil
}

// Set sets the values of a parameter, in the order of its Shape. It returns an error if their number is wrong.
func Set(store *model.Store, p Parameter, values []float32) error {
	v := store.GetVariable(p.Path())
	if v == nil {
		return fmt.Errorf("parameter %s is not in the store", p.Name)
	}
	if len(values) != p.Size() {
		return fmt.Errorf("set parameter %s: %d values for shape %v", p.Name, len(values), p.Shape)
	}
	if err := v.SetValue(tensors.FromFlatDataAndDimensions(values, p.Shape...)); err != nil {
		return fmt.Errorf("set parameter %s: %w", p.Name, err)
	}
	return nil
}

// Nodes gives graph functions access to parameters by name.
type Nodes struct {
	store *model.Store
	graph *graph.Graph
	noise *noise // nil outside training
}

// NodesOf returns the parameters in scope's store as nodes of x's graph.
func NodesOf(scope *model.Scope, x *graph.Node) Nodes {
	return Nodes{store: scope.Store(), graph: x.Graph()}
}

// Node returns the value of a parameter in the graph. Like all graph functions, it panics on errors.
func (n Nodes) Node(name string) *graph.Node { return n.Variable(name).NodeValue(n.graph) }

// Variable returns the variable with the given name. It panics if there is none.
func (n Nodes) Variable(name string) *model.Variable {
	v := n.store.GetVariable(Parameter{Name: name}.Path())
	if v == nil {
		panic(fmt.Errorf("parameter %s is not in the store", name))
	}
	return v
}
