package main

import (
	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/classifier"
)

// setPrecision makes the network compute as the recipe says where the engine has that, and says so where it has not.
func setPrecision(console *ui.Console, network *classifier.Classifier, r *recipe.Recipe, engine *backend.Backend) {
	if r.Train.Precision != recipe.BFloat16 {
		return
	}
	network.Trunk.Half = engine.Half()
	if !network.Trunk.Half {
		console.Note("train.precision %s: backend %s trains in float32, as products of bfloat16 gain nothing there", recipe.BFloat16, engine.Engine)
	}
}
