package backend

import (
	"fmt"

	"padapter/models/backend/product"
)

// Availability reports whether an engine can be used on this machine.
type Availability struct {
	Engine string `json:"engine"`
	Usable bool   `json:"usable"`
	Why    string `json:"why"`
	About
	Product string `json:"product,omitempty"` // what a matrix product with known values has shown
}

// Survey tries to open every engine, has those that open multiply two matrices, and reports the results in the order in
// which auto tries them. An engine whose product is wrong is not usable.
func Survey() []Availability {
	mu.Lock()
	defer mu.Unlock()
	found := make([]Availability, 0, len(engines))
	for _, e := range ranked() {
		found = append(found, survey(e))
	}
	return found
}

// survey reports on one engine. The caller holds mu.
func survey(e engine) Availability {
	a := Availability{Engine: e.name}
	b, err := start(e, Settings{Precision: Float32})
	if err != nil {
		a.Why = err.Error()
		return a
	}
	a.About = b.about
	off, err := product.Check(b.Compute)
	if err != nil {
		a.Why = "it opens, but: " + firstLine(err).Error()
		return a
	}
	a.Usable, a.Why = true, b.Why
	a.Product = fmt.Sprintf("right in float32, the largest error is %.1g of the largest value", off)
	return a
}
