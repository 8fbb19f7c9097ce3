package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
)

// version is set by the linker (-X main.version=...); "dev" otherwise.
var version = "dev"

func versionString() string {
	if version != "dev" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "dev-" + s.Value[:12]
			}
		}
	}
	return version
}

// toolName is how files name the program that wrote them.
func toolName() string { return "padapter " + versionString() }

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of padapter, Go and the platform",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			console := ui.From(cmd.Context())
			facts := map[string]string{"padapter": versionString(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return console.Result(facts, func() string {
				return fmt.Sprintf("padapter %s (%s, %s)", facts["padapter"], facts["go"], facts["platform"])
			})
		},
	}
}
