package tuning

import (
	"strings"
	"testing"

	"padapter/models/vit"
)

// TestSettingsThatCannotBe checks that each message names the value and what to do.
func TestSettingsThatCannotBe(t *testing.T) {
	backbone := vit.Config{Frames: 8, Height: 224, Width: 224, Tubelet: 2, Patch: 16, Dim: 768, Depth: 12, Heads: 12, MLPRatio: 4}
	good := Config{Kind: "padapter", Bottleneck: 32, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned", Prompts: 8, Rank: 4}
	if _, err := New(good, backbone); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"prompt length":         {func(c *Config) { c.PromptLength = 1568 }, []string{"1568", "784 tokens", "use 0", "adapter resize"}},
		"location":              {func(c *Config) { c.Location = "nowhere" }, []string{"nowhere", "a_m_p"}},
		"cat mode":              {func(c *Config) { c.CatMode = "x_x" }, []string{"x_x", "p_2x_p"}},
		"learn mode":            {func(c *Config) { c.LearnMode = "mul" }, []string{"mul", "cat"}},
		"bottleneck":            {func(c *Config) { c.Bottleneck = 0 }, []string{"0", "at least 1"}},
		"scale":                 {func(c *Config) { c.Scale = "much" }, []string{"much", "learned"}},
		"dropout":               {func(c *Config) { c.Dropout = 1 }, []string{"1", "rate"}},
		"vpt without prompts":   {func(c *Config) { c.Kind, c.Prompts = "vpt", 0 }, []string{"0 prompts", "at least 1"}},
		"lora without a rank":   {func(c *Config) { c.Kind, c.Rank = "lora", 0 }, []string{"rank", "0"}},
		"unknown":               {func(c *Config) { c.Kind = "prefix" }, []string{"prefix", "adaptformer-sequential"}},
		"union with full":       {func(c *Config) { c.Kind = "padapter+full" }, []string{"full", "union"}},
		"union of the same":     {func(c *Config) { c.Kind = "lora+lora" }, []string{"twice"}},
		"union of vpt's":        {func(c *Config) { c.Kind = "vpt+vpt-shallow" }, []string{"not both"}},
		"prompts in the stream": {func(c *Config) { c.Kind = "padapter+vpt-shallow" }, []string{"use vpt"}},
	} {
		settings := good
		c.change(&settings)
		_, err := New(settings, backbone)
		if err == nil {
			t.Errorf("%s: %+v is accepted", name, settings)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
}
