// Command onnxruntime-release installs the named version of ONNX Runtime's
// shared library with compute-onnx's own installer, below the home folder.
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/compute-onnx/support/onnxruntime"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: onnxruntime-release VERSION")
		os.Exit(2)
	}
	path, err := onnxruntime.Install(os.Args[1], false, true)
	if err != nil {
		fmt.Fprintln(os.Stderr, "install ONNX Runtime:", err)
		os.Exit(1)
	}
	fmt.Println(path)
}
