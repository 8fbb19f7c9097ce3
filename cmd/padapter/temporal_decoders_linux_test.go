package main

func init() { decodersOf = children }
