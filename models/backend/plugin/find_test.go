package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plant makes an empty file in a folder of the test's and returns the folder.
func plant(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNamesOfFiles(t *testing.T) {
	for file, want := range map[string]string{
		"pjrt_c_api_cpu_plugin.so":   "cpu",
		"xla_cuda_plugin.so":         "cuda",
		"pjrt-plugin-tt.so":          "tt",
		"pjrt_plugin_metal_14.dylib": "metal_14",
		"libpjrt_c_api.so":           "",
		"pjrt_c_api_cpu_plugin.txt":  "",
	} {
		if got := nameOf(filepath.Join("some", "folder", file)); got != want {
			t.Errorf("%s is named %q, want %q", file, got, want)
		}
	}
}

func TestAnAcceleratorComesFirst(t *testing.T) {
	dir := plant(t, "one/pjrt_c_api_cpu_plugin.so", "two/pjrt_c_api_tpu_plugin.so")
	t.Setenv(Variable, filepath.Join(dir, "one")+string(filepath.ListSeparator)+filepath.Join(dir, "two"))
	found, err := Find()
	if err != nil || found.Name != "tpu" || found.OnProcessors() || found.Path != filepath.Join(dir, "two", "pjrt_c_api_tpu_plugin.so") {
		t.Errorf("%+v, %v", found, err)
	}
	t.Setenv(Variable, filepath.Join(dir, "one", "pjrt_c_api_cpu_plugin.so")) // a file instead of its folder
	if found, err = Find(); err != nil || found.Name != "cpu" || !found.OnProcessors() {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestUnfitPlacesAreSentences(t *testing.T) {
	dir := plant(t, "empty/readme.txt", "folder/pjrt_c_api_cpu_plugin.so/file", "a,b/pjrt_c_api_cpu_plugin.so", "my-cuda/pjrt_c_api_cpu_plugin.so", "card/pjrt_c_api_cuda_plugin.so")
	cases := map[string]string{
		"nowhere":                         "no such folder or file",
		"empty":                           "pjrt_c_api_NAME_plugin",
		"empty/readme.txt":                "pjrt_c_api_NAME_plugin",
		"folder":                          "is a folder",
		"folder/pjrt_c_api_cpu_plugin.so": "is a folder",
		"a,b":                             "comma",
		"my-cuda":                         "without cuda",
	}
	if !hasNVIDIACard() {
		cases["card"] = "NVIDIA cards"
	}
	for place, want := range cases {
		path := filepath.Join(dir, place)
		t.Setenv(Variable, path)
		found, err := Find()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %+v, %v; want a line that names it and has %q", place, found, err, want)
		}
	}
	t.Setenv(Variable, "")
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), Variable) {
		t.Errorf("an empty list: %v", err)
	}
}
