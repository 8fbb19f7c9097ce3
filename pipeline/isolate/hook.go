package isolate

import "padapter/decode"

// beforeCall is where tests plant faults in a child: their own, or those of the build tag crashtest.
var beforeCall = func(decode.Source) {}

// beforeFrames is the same, before all frames of a file are decoded.
var beforeFrames = func(decode.Source) {}
