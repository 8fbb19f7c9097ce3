package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/manifests/check"
)

func TestManifestDoctor(t *testing.T) {
	dir := t.TempDir()
	list := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const columns = "id,uri,label,label_name,split,group,frames,duration,width,height,sha256\n"
	fromOne := list("from one.csv", "# padapter manifest {\"version\":1,\"classes\":[\"run\",\"sit\"]}\nid,uri,label\na,a.avi,1\nb,b.avi,2\n")
	torn := list("#torn!.csv", columns+"a,a.avi,0,run,train,g1,20,1,64,64,ff\nb,b.avi,1,sit,train,g2,20,1,64,64,ee\nc,c.avi,0,run,test,g1,20,1,64,64,ff\nd,d.avi,1,sit,test,g3,20,1,64,64,dd\n")
	short := list("short.csv", columns+"a,a.avi,0,run,,g1,20,1,64,64,ff\nb,b.avi,1,sit,,g2,20,1,64,64,ee\n")
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{fromOne}, exitFailed, []string{"labels count from 1", "there are 2 classes, from 0"}},
		{[]string{torn}, exitFailed, []string{"g1: a is in train, c in test", "the same clip is in another", "a in train and c in test"}},
		{[]string{short}, exitOK, []string{"0 errors, 0 warnings", "SPLIT"}},
		{[]string{short, "--recipe", "hmdb51-padapter"}, exitOK, []string{"warning", "fewer frames than the 29", "a: 20", "a: 64×64"}},
		{[]string{short, "--recipe", "no such recipe"}, exitFailed, nil},
		{[]string{filepath.Join(dir, "none.csv")}, exitFailed, nil},
	} {
		code, stdout, stderr := padapter(t, append([]string{"manifest", "doctor"}, tt.args...)...)
		if code != tt.code {
			t.Errorf("%q: exit code %d, want %d\n%s%s", tt.args, code, tt.code, stdout, stderr)
		}
		for _, want := range tt.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("%q: no %q in\n%s", tt.args, want, stdout)
			}
		}
	}
	var report check.Report
	code, stdout, _ := padapter(t, "manifest", "doctor", torn, "--json")
	if jsonResult(t, stdout, &report); code != exitFailed || report.Errors != 2 || report.Findings[0].Severity != check.Error || len(report.Balance) != 2 {
		t.Errorf("exit code %d, %+v", code, report)
	}
}
