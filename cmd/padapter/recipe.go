package main

import (
	"errors"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/recipes"
	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
)

func newRecipeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recipe",
		Short: "List, show and check recipes: what a clip is, which network sees it, what trains and how",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newRecipeListCommand(), newRecipeShowCommand(), newRecipeCheckCommand())
	return cmd
}

func newRecipeListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the recipes that come with the program",
		Example: `  padapter recipe list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := recipes.List()
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(list, func() string { return recipes.ListText(list) })
		},
	}
}

func newRecipeShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print a whole recipe, its bases filled in, as YAML",
		Example: `  padapter recipe show ssv2-padapter > my.yaml
  padapter recipe show my.yaml --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := recipe.Load(args[0])
			if err != nil {
				return err
			}
			text, err := r.YAML()
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(r, func() string { return string(text) })
		},
	}
}

func newRecipeCheckCommand() *cobra.Command {
	var classes int
	cmd := &cobra.Command{
		Use:   "check NAME|FILE…",
		Short: "Check recipes and say what they amount to",
		Long: `Reads recipes and reports every mistake in them: unknown keys, values that are not allowed, and sizes that do
not fit one another. Of those without mistakes it puts the network together and prints tokens, parameters and rate.`,
		Example: `  padapter recipe check my.yaml
  padapter recipe check my.yaml --classes 174`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if classes < 1 {
				return usageErrorf("--classes %d: it must be at least 1", classes)
			}
			var list []recipes.Amounts
			var mistakes []error
			for _, arg := range args {
				checked, err := recipes.Check(arg, classes)
				if err != nil {
					mistakes = append(mistakes, err)
					continue
				}
				list = append(list, checked)
			}
			if err := ui.From(cmd.Context()).Result(list, func() string { return recipes.AmountsText(list) }); err != nil {
				return err
			}
			return errors.Join(mistakes...)
		},
	}
	cmd.Flags().IntVar(&classes, "classes", 100, "classes of the head whose parameters are counted")
	return cmd
}
