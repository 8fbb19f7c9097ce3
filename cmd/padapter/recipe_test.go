package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/manifests/recipe"

	"padapter/cmd/internal/jobs/recipes"
)

// The published parameter count of the paper's network comes out of the recipe as it is.
func TestRecipesHaveThePublishedParameters(t *testing.T) {
	var list []recipes.Amounts
	jsonResult(t, mustPadapter(t, "recipe", "check", "ssv2-padapter", "--classes", "174", "--json"), &list)
	if len(list) != 1 || list[0].Trained != 1330746 || list[0].Total != 87556410 || list[0].Tokens != 784 {
		t.Errorf("%+v, want 1330746 of 87556410 parameters and 784 tokens", list)
	}
}

// Every recipe that comes with the program describes a network that can be put together.
func TestEveryRecipeChecksOut(t *testing.T) {
	var list []recipes.Amounts
	jsonResult(t, mustPadapter(t, append([]string{"recipe", "check", "--json"}, recipe.Names()...)...), &list)
	if len(list) != len(recipe.Names()) {
		t.Errorf("%d of %d recipes", len(list), len(recipe.Names()))
	}
	for _, c := range list {
		if share := float64(c.Trained) / float64(c.Total); strings.HasSuffix(c.Name, "-padapter") && !strings.HasPrefix(c.Name, "demo") && share > 0.02 {
			t.Errorf("%s trains %.2f %% of its network, the paper's module less than 2 %%", c.Name, 100*share)
		}
	}
}

func TestRecipeShowIsARecipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shown.yaml")
	if err := os.WriteFile(path, []byte(mustPadapter(t, "recipe", "show", "food101-vpt")), 0o644); err != nil {
		t.Fatal(err)
	}
	shown, err := recipe.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := recipe.Load("food101-vpt")
	if err != nil {
		t.Fatal(err)
	}
	if *shown != *want {
		t.Errorf("shown %+v, is %+v", shown, want)
	}
	var listed []recipes.Summary
	jsonResult(t, mustPadapter(t, "recipe", "list", "--json"), &listed)
	if len(listed) != len(recipe.Names()) {
		t.Errorf("%d recipes listed of %d", len(listed), len(recipe.Names()))
	}
}

func TestRecipeCheckNamesEveryMistake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(path, []byte("base: ssv2-padapter\ntrain: {epochs: 0, batch: 1}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := padapter(t, "recipe", "check", "ssv2-linear", path, "no-such")
	for _, want := range []string{"wrong.yaml", "train.epochs is 0", "train.batch is 1", `"no-such"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %s", want, stderr)
		}
	}
	if code != exitFailed || !strings.Contains(stdout, "ssv2-linear") {
		t.Errorf("exit code %d, %s", code, stdout)
	}
	var r recipe.Recipe
	jsonResult(t, mustPadapter(t, "recipe", "show", "ssv2-full", "--json"), &r)
	if want, err := recipe.Load("ssv2-full"); err != nil || r != *want {
		t.Errorf("shown %+v, is %+v (%v)", r, want, err)
	}
}
