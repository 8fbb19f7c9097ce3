//go:build linux

package isolate

// beforeCall is where tests plant faults in a child: their own, or those of the build tag crashtest.
var beforeCall = func(*lent) {}
