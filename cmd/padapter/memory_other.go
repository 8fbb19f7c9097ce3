//go:build !linux

package main

// memoryWatch would measure the process's largest resident set; only Linux lets a process start that anew.
type memoryWatch struct{}

func watchMemory() memoryWatch { return memoryWatch{} }

// peak is 0: not known.
func (memoryWatch) peak() int64 { return 0 }
