// Package train fits a classifier's trainable weights to labelled clips.
//
// Run makes epochs over a Data source of Arrow clip batches: uint8 frames [B, T, H, W, C] go to the device as they
// are, one compiled graph does forward, backward and the optimizer's update, weights and optimizer state stay on the
// device, and the loss comes back. Frozen weights take no part in the backward pass. After every epoch the validation
// clips are evaluated, the present model is written to OutDir/last and, when it is the best so far, to OutDir/best.
//
// What a run computes is a function of recipe, data, starting weights and backend. Two runs that agree in these give
// the same losses and the same weights, bit by bit.
//
// The package never decodes video, never picks clips or frames (the order within an epoch is the Data's), and never
// looks at test data: the best checkpoint is chosen on validation clips. Rows with errors and rows without a label
// are skipped and counted, never replaced.
//
// Ownership: network, store, backend and data are the caller's and may be used again after Run returned, but not
// while it runs. Run starts one goroutine, which fills the next batch while the device computes, and ends it before
// returning. Callbacks come from the goroutine that called Run.
//
// Terms: a step is one optimizer update; an epoch is one pass over the training data; the fractional epoch of a step
// is epoch + step in epoch / steps per epoch.
package train
