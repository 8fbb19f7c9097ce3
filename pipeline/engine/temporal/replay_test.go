package temporal

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"
)

// decode reads what a new run is given.
func decode(again *workflow.ContinueAsNewError, in *jobInput) error {
	return converter.GetDefaultDataConverter().FromPayloads(again.Input, in)
}
