package plugin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Variable is the environment variable that lists folders of plugins, or plugins' files, separated as in PATH.
const Variable = "PJRT_PLUGIN_LIBRARY_PATH"

// File is a plugin that was found.
type File struct {
	Name string // "cpu", "cuda" and the like: what the file's name says
	Path string // absolute
}

// OnProcessors reports whether the plugin computes on the CPU.
func (f File) OnProcessors() bool { return strings.Contains(strings.ToLower(f.Name), "cpu") }

// ofNVIDIA reports whether a name is that of a plugin that needs an NVIDIA card.
func ofNVIDIA(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "cuda") || strings.Contains(name, "nvidia")
}

// names are the forms of a plugin's file name: of the project that builds PJRT, of Python packages, and of others.
var names = []*regexp.Regexp{
	regexp.MustCompile(`^pjrt_c_api_(.+)_plugin\.(?:so|dylib)$`),
	regexp.MustCompile(`^xla_(.+)_plugin\.(?:so|dylib)$`),
	regexp.MustCompile(`^pjrt[-_]plugin[-_](.+)\.(?:so|dylib)$`),
}

// nameOf returns the plugin's name that a file's name holds, or "".
func nameOf(file string) string {
	for _, form := range names {
		if m := form.FindStringSubmatch(filepath.Base(file)); m != nil {
			return m[1]
		}
	}
	return ""
}

// Find returns the plugin to use: the first for an accelerator that is there, else the first for the CPU. Where
// Variable is set, what it lists is searched and nothing else. Otherwise the folders beside the executable (., lib, ../lib,
// ../.deps/xla), those of GoMLX's installer in the home folder and in /usr/local/lib, and LD_LIBRARY_PATH. The error of no
// plugin says what is wrong with each place that was named and each file that is unfit.
func Find() (File, error) {
	places, named := places()
	var found []File
	var unfit []error
	for _, place := range places {
		files, err := search(place)
		if err != nil && (named || !errors.Is(err, errNone)) {
			unfit = append(unfit, err)
		}
		for _, f := range files {
			if err := f.check(); err != nil {
				unfit = append(unfit, err)
				continue
			}
			found = append(found, f)
		}
	}
	if i := slices.IndexFunc(found, func(f File) bool { return !f.OnProcessors() }); i >= 0 {
		return found[i], nil
	}
	if len(found) > 0 {
		return found[0], nil
	}
	if len(unfit) > 0 {
		return File{}, joined(unfit)
	}
	return File{}, fmt.Errorf("no PJRT plugin was found: name the folder or the file of one in %s", Variable)
}

// joined is one error, in one line, of several.
func joined(errs []error) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// places returns where plugins are looked for, and whether the user has named them.
func places() (list []string, named bool) {
	if value, ok := os.LookupEnv(Variable); ok {
		return split(value), true
	}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		list = append(list, dir, filepath.Join(dir, "lib"), filepath.Join(dir, "..", "lib"), filepath.Join(dir, "..", ".deps", "xla"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		installed := filepath.Join(home, ".local", "lib", "go-xla")
		if runtime.GOOS == "darwin" {
			installed = filepath.Join(home, "Library", "Application Support", "go-xla")
		}
		list = append(list, installed, filepath.Join(installed, "nvidia"))
	}
	list = append(list, "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia")
	return append(list, split(os.Getenv("LD_LIBRARY_PATH"))...), false
}

// split returns the entries of a list of paths that are not empty.
func split(list string) []string {
	return slices.DeleteFunc(filepath.SplitList(list), func(entry string) bool { return entry == "" })
}

// errNone is of a place without plugins.
var errNone = errors.New("no plugin")

// search returns the plugins of a folder in the order of their names, or the plugin that a path names.
func search(place string) ([]File, error) {
	path, err := filepath.Abs(place)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w at %s, which %s names: there is no such folder or file", errNone, place, Variable)
	}
	if name := nameOf(path); name != "" {
		return []File{{Name: name, Path: path}}, nil
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w at %s: the file of a plugin is named pjrt_c_api_NAME_plugin%s, NAME being cpu, cuda and the like", errNone, place, extension())
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("%w in %s: %w", errNone, place, err)
	}
	var files []File
	for _, e := range entries {
		if name := nameOf(e.Name()); name != "" {
			files = append(files, File{Name: name, Path: filepath.Join(path, e.Name())})
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w in the folder %s: its file would be named pjrt_c_api_NAME_plugin%s, NAME being cpu, cuda and the like", errNone, place, extension())
	}
	return files, nil
}

func extension() string {
	if runtime.GOOS == "darwin" {
		return ".dylib"
	}
	return ".so"
}

// check returns an error for a plugin that cannot be opened, as far as that is seen from outside.
func (f File) check() error {
	info, err := os.Stat(f.Path)
	switch {
	case err != nil:
		return fmt.Errorf("the plugin %s cannot be read: %w", f.Path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is a folder or the like, where a plugin is a file", f.Path)
	case strings.Contains(f.Path, ","): // the library takes what follows for an option
		return fmt.Errorf("the plugin %s cannot be opened, because its path has a comma: give its folder another name", f.Path)
	case !ofNVIDIA(f.Name) && ofNVIDIA(f.Path): // the library looks at the whole path
		return fmt.Errorf("the plugin %s cannot be opened, because the library takes it for NVIDIA's: give its folder a name without cuda and nvidia", f.Path)
	case ofNVIDIA(f.Name) && !hasNVIDIACard():
		return fmt.Errorf("the plugin %s is for NVIDIA cards, and this machine has none that the system knows", f.Path)
	}
	return nil
}

// hasNVIDIACard reports whether the system has the device of a card: the driver's, or that of Windows below Linux.
func hasNVIDIACard() bool {
	for _, device := range []string{"/dev/nvidia[0-9]*", "/dev/dxg"} {
		if found, err := filepath.Glob(device); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}
