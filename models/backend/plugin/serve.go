//go:build ((linux && (amd64 || arm64)) || (darwin && arm64)) && cgo

package plugin

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"

	"padapter/models/backend/product"
)

// trialName is the first argument of a trial process, where other processes have the program's name.
const trialName = "padapter-plugin-trial"

// served is whether this program can be its own trial process.
var served bool

// ServeTrial is called first by main, and by TestMain. In a trial process it does the trial and does not return. In any
// other process it makes [File.Try] start trial processes.
func ServeTrial() {
	if os.Args[0] != trialName || len(os.Args) != 2 {
		served = true
		return
	}
	var said answer
	facts, err := (File{Name: nameOf(os.Args[1]), Path: os.Args[1]}).open()
	if err != nil {
		said.Error = sentence(err)
	} else {
		said.Facts = *facts
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var (
	loaderSays = regexp.MustCompile(`failed to dynamically load PJRT plugin from "(.*?)": "`)
	noPlugin   = regexp.MustCompile(`failed to find symbol "GetPjrtApi"`)
)

// sentence says what an error means: the library's own texts repeat the path several times, and some have a stack trace.
func sentence(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if m := loaderSays.FindStringSubmatch(text); m != nil {
		return "the system cannot load it: " + m[1]
	}
	if noPlugin.MatchString(text) {
		return "it is a library, but no plugin: it lacks the function GetPjrtApi"
	}
	return text
}

// open opens the plugin in this process, asks for its facts and proves it.
func (f File) open() (*Facts, error) {
	opened, err := pjrt.GetPlugin(f.Path)
	if err != nil {
		return nil, err
	}
	engine, err := xla.NewWithOptions(f.Config(), nil)
	if err != nil {
		return nil, err
	}
	client, err := opened.NewClient(nil) // the engine keeps its own to itself
	if err != nil {
		return nil, err
	}
	major, minor := opened.Version()
	facts := &Facts{
		Platform: client.Platform(),
		Version:  fmt.Sprintf("PJRT %d.%d, XLA %v, %s", major, minor, opened.Attributes()["xla_version"], client.PlatformVersion()),
	}
	for n := range engine.NumDevices() {
		facts.Devices = append(facts.Devices, engine.DeviceDescription(compute.DeviceNum(n)))
	}
	if err := client.Destroy(); err != nil {
		return nil, err
	}
	_, err = product.Check(engine)
	return facts, err
}

// Config is what [xla.New] takes to open the plugin: TF32 is off, so that products in float32 keep its 24 bits.
func (f File) Config() string {
	return fmt.Sprintf("%s,tf32=false,shared_buffers=%v", f.Path, f.OnProcessors())
}
