// Package compare puts training runs of several tunings side by side: parameters, share of the network, accuracy over
// seeds as mean and standard deviation, time and memory; as text, Markdown and JSON.
//
// It only does arithmetic and layout over finished runs; who trains them and on what is the caller's.
package compare
