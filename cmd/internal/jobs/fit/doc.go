// Package fit trains one recipe on opened clips: what the jobs train, compare and demo share.
package fit
