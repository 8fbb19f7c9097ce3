// Package plugin finds XLA's PJRT plugins and tries them in a process of their own, because a plugin that is broken, or
// that meets a word in XLA_FLAGS that it does not know, ends the process that opens it.
//
// A program whose main calls [ServeTrial] first can be its own trial process. Others go without.
package plugin
