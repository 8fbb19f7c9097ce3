package metrics_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"padapter/pipeline"
	"padapter/pipeline/metrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var totals = pipeline.Totals{Kept: 1, Made: 2, Rows: 30, Errors: 3, Bytes: 4096, UnderWay: pipeline.Progress{Done: 5, Failed: 1},
	Counts: pipeline.Counts{Frames: 320, BytesIn: 7, Errors: map[string]int64{"missing": 1, "corrupt": 2}, Decode: 1500 * time.Millisecond}}

func TestServe(t *testing.T) {
	var e metrics.Exporter
	address, stop, err := e.Serve("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	e.Set(totals, 100)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("%s, %v, %v", answer.Status, answer.Header, err)
	}
	for _, want := range []string{
		"padapter_rows_expected 100\n", "padapter_rows_done 35\n", "padapter_rows_failed 4\n", `padapter_shards_total{state="made"} 2` + "\n",
		`padapter_errors_total{reason="corrupt"} 2` + "\n" + `padapter_errors_total{reason="missing"} 1` + "\n", `padapter_stage_seconds_total{stage="decode"} 1.5` + "\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, _, err := e.Serve("no such place"); err == nil {
		t.Error("listening at an address that is none")
	}
}

// TestTextFormat checks each line against the grammar of the text format.
func TestTextFormat(t *testing.T) {
	sample := regexp.MustCompile(`^([a-z_]+)(\{[a-z]+="[^"\\\n]*"\})? [0-9.e+-]+$`)
	family := ""
	for lines := bufio.NewScanner(strings.NewReader(metrics.Text(totals, 1))); lines.Scan(); {
		var name, kind string
		if n, _ := fmt.Sscanf(lines.Text(), "# TYPE %s %s", &name, &kind); n == 2 {
			if kind != "counter" && kind != "gauge" || (kind == "counter") != strings.HasSuffix(name, "_total") {
				t.Errorf("%s is a %s", name, kind)
			}
			family = name
			continue
		}
		if strings.HasPrefix(lines.Text(), "# HELP ") {
			continue
		}
		if m := sample.FindStringSubmatch(lines.Text()); m == nil || m[1] != family {
			t.Errorf("line %q in family %s", lines.Text(), family)
		}
	}
	if family == "" {
		t.Error("no metrics")
	}
}
