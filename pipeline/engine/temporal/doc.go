// Package temporal runs units in other processes, by way of a Temporal server.
//
// A job is one workflow. It hands out units as activities, some at a time, and adds up their results; past a thousand
// units it goes on as a new run with what is left. Workers (Serve) take workflow tasks and activities from a task queue;
// an activity is a unit's description, and the worker does it with the function that the job's kind names, the very one
// that package local calls. Units leave their results on storage that all processes share and nothing of them passes
// through the server but counts.
//
// Activities say with heartbeats that they are alive and how far they are. One that falls silent, such as with its
// machine, or that fails is tried again with growing pauses; an error that pipeline.Permanent marks ends the job. A job
// that is cancelled or fails starts no more units, tells those under way, and ends when they have.
//
// The server's own packages are never imported here; devserver is another module.
package temporal
