// Package onnxpb has the messages of an ONNX file that exporting reads or sets, generated from onnx.proto.
//
// To generate them anew, with protoc and protoc-gen-go of the version of google.golang.org/protobuf in go.mod:
//
//	go generate ./models/export/onnxpb
package onnxpb

//go:generate protoc --go_out=. --go_opt=paths=source_relative onnx.proto
