// Package train fits the trainable weights of a classifier to labelled clips.
//
// Run iterates epochs over a Data source of Arrow clip batches. Frames uint8 [B, T, H, W, C] are copied to the device
// unchanged. One compiled graph performs the forward pass, the backward pass and the optimizer's update, and returns
// the loss. Weights and optimizer state stay on the device. Frozen weights take no part in the backward pass. After
// every epoch the validation clips are evaluated, the current model is written to OutDir/last and, if it is the best so
// far, to OutDir/best.
//
// The result of a run is a function of recipe, data, initial weights and backend. Two runs that agree in these give
// bit-identical losses and weights.
//
// The package never decodes video, never selects clips or frames (Data defines the order within an epoch), and never
// uses test data: the best checkpoint is selected on validation clips. Rows with errors and rows without a label are
// skipped and counted, never replaced.
//
// Network, store, backend and data belong to the caller. They must not be used while Run is running. Run starts one
// goroutine that fills the next batch while the device computes, and ends it before it returns. Callbacks run on the
// goroutine that called Run.
//
// A step is one optimizer update; an epoch is one pass over the training data; the fractional epoch of a step is epoch
// + step in epoch / steps per epoch.
package train
