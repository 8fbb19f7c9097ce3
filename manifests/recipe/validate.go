package recipe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Validate checks every field and returns all mistakes at once, each with the value, what is allowed and where.
func (r *Recipe) Validate() error {
	var e mistakes
	if r.Name == "" {
		e.add("name is empty: give the recipe a name")
	}
	r.Clip.check(&e)
	r.Model.check(&e, r.Clip)
	r.Tuning.check(&e)
	r.Train.check(&e)
	e.atLeast("eval.batch", r.Eval.Batch, 1)
	e.atLeast("eval.top_k", r.Eval.TopK, 1)
	return errors.Join(e...)
}

// Validate checks the clip part alone.
func (c Clip) Validate() error {
	var e mistakes
	c.check(&e)
	return errors.Join(e...)
}

type mistakes []error

func (e *mistakes) add(format string, args ...any) { *e = append(*e, fmt.Errorf(format, args...)) }

func (e *mistakes) atLeast(field string, v, least int) {
	if v < least {
		e.add("%s is %d: it must be at least %d", field, v, least)
	}
}

func (e *mistakes) oneOf(field, v string, allowed ...string) {
	if !slices.Contains(allowed, v) {
		e.add("%s is %q: use one of %s", field, v, strings.Join(allowed, ", "))
	}
}

func (e *mistakes) within(field string, v, low, high float64) {
	if !(v >= low && v <= high) { // also catches NaN
		e.add("%s is %g: it must lie in [%g, %g]", field, v, low, high)
	}
}

func (c Clip) check(e *mistakes) {
	e.atLeast("clip.frames", c.Frames, 1)
	e.atLeast("clip.stride", c.Stride, 1)
	e.oneOf("clip.temporal", c.Temporal, "dense", "uniform", "spread", "videomae")
	e.atLeast("clip.height", c.Height, 1)
	e.atLeast("clip.width", c.Width, 1)
	if c.ShortSide < min(c.Height, c.Width) {
		e.add("clip.short_side is %d: it must be at least the crop's smaller side, %d", c.ShortSide, min(c.Height, c.Width))
	}
	e.oneOf("clip.filter", c.Filter, "bilinear", "bicubic", "area")
	e.oneOf("clip.train_temporal", c.TrainTemporal, "random", "center")
	e.oneOf("clip.train_crop", c.TrainCrop, "center", "random", "multiscale", "resized", "three", "five")
	e.within("clip.fps", c.FPS, 0, 1e4)
	e.oneOf("clip.end", c.End, "", "repeat-last", "loop", "error")
	e.within("clip.segments", float64(c.Segments), 0, 1000)
	if c.Segments > 1 && c.Temporal != "dense" {
		e.add("clip.segments is %d: several clips along a video need clip.temporal dense, not %s", c.Segments, c.Temporal)
	}
	if c.Crops != 0 && c.Crops != 1 && c.Crops != 3 && c.Crops != 5 {
		e.add("clip.crops is %d: use 1, 3 or 5", c.Crops)
	}
	e.oneOf("clip.flip_labels", c.FlipLabels, "", FlipSwap, FlipForbid, FlipKeep)
	e.within("clip.area_min", c.AreaMin, 0, 1)
	if c.AspectMax != 0 {
		e.within("clip.aspect_max", c.AspectMax, 1, 100)
	}
	c.Augment.check(e)
	for i, channel := range []string{"R", "G", "B"} {
		e.within("clip.mean, channel "+channel, float64(c.Mean[i]), 0, 1)
		if s := float64(c.Std[i]); !(s > 0) || math.IsInf(s, 0) {
			e.add("clip.std, channel %s is %g: it must be above 0", channel, s)
		}
	}
}

func (a Augment) check(e *mistakes) {
	e.within("clip.augment.jitter", a.Jitter, 0, 1)
	e.within("clip.augment.hue", a.Hue, 0, 0.5)
	e.within("clip.augment.ops", float64(a.Ops), 0, 16)
	e.within("clip.augment.magnitude", a.Magnitude, 0, 10)
	e.within("clip.augment.erase", a.Erase, 0, 1)
}

func (m Model) check(e *mistakes, c Clip) {
	e.atLeast("model.dim", m.Dim, 1)
	e.atLeast("model.depth", m.Depth, 1)
	e.atLeast("model.heads", m.Heads, 1)
	e.atLeast("model.patch", m.Patch, 1)
	e.atLeast("model.tubelet", m.Tubelet, 1)
	e.within("model.mlp_ratio", m.MLPRatio, 0.01, 64)
	e.within("model.dropout", m.Dropout, 0, 0.99)
	e.within("model.attn_dropout", m.AttnDropout, 0, 0.99)
	e.within("model.drop_path", m.DropPath, 0, 0.99)
	e.oneOf("model.kind", m.Kind, "", "video", "image")
	e.oneOf("model.pool", m.Pool, "", "mean", "class")
	e.oneOf("model.positions", m.Positions, "", "sinusoid", "learned")
	if m.Kind == "image" && (c.Frames != 1 || m.Tubelet != 1) {
		e.add("model.kind is image: it needs clip.frames and model.tubelet of 1, not %d and %d", c.Frames, m.Tubelet)
	}
	if m.Heads > 0 && m.Dim%m.Heads != 0 {
		e.add("model.heads is %d: it must divide model.dim, %d", m.Heads, m.Dim)
	}
	if m.Patch > 0 && (c.Height%m.Patch != 0 || c.Width%m.Patch != 0) {
		e.add("model.patch is %d: it must divide clip.height, %d, and clip.width, %d", m.Patch, c.Height, c.Width)
	}
	if m.Tubelet > 0 && c.Frames%m.Tubelet != 0 {
		e.add("model.tubelet is %d: it must divide clip.frames, %d", m.Tubelet, c.Frames)
	}
}

func (t Tuning) check(e *mistakes) {
	for kind := range strings.SplitSeq(t.Kind, "+") {
		t.checkKind(e, kind)
	}
	e.within("tuning.dropout", t.Dropout, 0, 0.99)
}

// checkKind checks the settings of one kind; kinds joined by + act together.
func (t Tuning) checkKind(e *mistakes, kind string) {
	e.oneOf("tuning.kind", kind, "padapter", "adaptformer", "adaptformer-sequential", "vpt", "vpt-shallow", "lora", "linear", "full")
	switch kind {
	case "adaptformer", "adaptformer-sequential":
		e.atLeast("tuning.bottleneck", t.Bottleneck, 1)
	case "vpt", "vpt-shallow":
		e.atLeast("tuning.prompts", t.Prompts, 1)
	case "lora":
		e.atLeast("tuning.rank", t.Rank, 1)
	case "padapter":
		t.checkPAdapter(e)
	}
}

func (t Tuning) checkPAdapter(e *mistakes) {
	e.atLeast("tuning.bottleneck", t.Bottleneck, 1)
	e.oneOf("tuning.location", t.Location, "p_a_m", "a_p_m", "a_m_p", "p+a_m", "a_p+m", "p+b")
	e.oneOf("tuning.cat_mode", t.CatMode, "x_p", "p_x_p", "p_2x_p")
	e.oneOf("tuning.learn_mode", t.LearnMode, "add", "cat")
	if t.Scale != "learned" {
		if v, err := strconv.ParseFloat(t.Scale, 64); err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			e.add("tuning.scale is %q: use \"learned\" or a number", t.Scale)
		}
	}
}

func (t Train) check(e *mistakes) {
	e.atLeast("train.epochs", t.Epochs, 1)
	e.atLeast("train.batch", t.Batch, 2) // the head's batch normalisation needs two
	e.oneOf("train.optimizer", t.Optimizer, "sgd", "adamw", "lars")
	e.oneOf("train.sampling", t.Sampling, "", ClassBalanced)
	e.oneOf("train.precision", t.Precision, "", "float32", BFloat16)
	e.within("train.base_lr", t.BaseLR, 0, 1e6)
	e.within("train.min_lr", t.MinLR, 0, 1e6)
	e.within("train.warmup_epochs", t.WarmupEpochs, 0, float64(max(t.Epochs, 0)))
	if !(t.Momentum >= 0 && t.Momentum < 1) {
		e.add("train.momentum is %g: it must lie in [0, 1)", t.Momentum)
	}
	e.within("train.weight_decay", t.WeightDecay, 0, 1e3)
	e.within("train.clip_norm", t.ClipNorm, 0, 1e9)
	e.within("train.label_smoothing", t.LabelSmoothing, 0, 0.99)
	e.within("train.mixup", t.Mixup, 0, 100)
	e.within("train.cutmix", t.CutMix, 0, 100)
	e.within("train.layer_decay", t.LayerDecay, 0, 1)
	e.within("train.ema", t.EMA, 0, 0.999999)
	e.atLeast("train.patience", t.Patience, 0)
}
