package layout

import "strings"

// Layout defines the names of our parameters in one kind of files.
type Layout struct {
	Name     string
	Prefixes []string // prefixes of all names that occur in such files; the first is the usual one
	sign     []string // names, without prefix, that identify the layout together
	rules    []rule
	ignored  []string // prefixes of names, without the file's prefix, to be ignored
}

// rule maps one name. {} is the number of a block.
type rule struct {
	to   string // name in this program
	from string // name in the file
	part int    // 0: the whole tensor; 1, 2, 3: the first, second or third part of its rows
}

// outer lists prefixes that training programs add when they wrap a model.
var outer = []string{"", "module.", "model.", "backbone.", "encoder.", "module.encoder."}

// Layouts lists the known layouts in the order of detection.
var Layouts = []Layout{
	{
		// Checkpoints of this program, the published PAdapter code, and VideoMAE weights converted for AdaptFormer.
		Name: "padapter", Prefixes: outer,
		sign: []string{"blocks.0.attn.q_proj.weight", "blocks.0.fc1.weight"},
		rules: concat(stem(), block("", "norm1", "norm2", "attn.proj", "fc1", "fc2"),
			split("attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.q_bias", "attn.v_bias")),
		ignored: []string{"head.", "pos_embed"},
	},
	{
		// As above, with one fused matrix for q, k and v.
		Name: "padapter-fused", Prefixes: outer,
		sign:    []string{"blocks.0.attn.qkv.weight", "blocks.0.fc1.weight"},
		rules:   concat(stem(), block("", "norm1", "norm2", "attn.proj", "fc1", "fc2"), fused()),
		ignored: []string{"head.", "pos_embed"},
	},
	{
		// VideoMAE as published, pretrained (prefix encoder.) and fine-tuned; MAE, timm's and jx_'s image transformers.
		Name: "videomae", Prefixes: []string{"encoder.", "", "module.", "model.", "backbone.", "module.encoder."},
		sign:    []string{"blocks.0.attn.qkv.weight", "blocks.0.mlp.fc1.weight"},
		rules:   concat(stem(), block("", "norm1", "norm2", "attn.proj", "mlp.fc1", "mlp.fc2"), fused()),
		ignored: []string{"head.", "decoder", "encoder_to_decoder.", "mask_token", "pos_embed", "pre_logits."},
	},
	{
		// VideoMAE of Hugging Face, and its ViT and ViTMAE, which have another prefix.
		Name: "huggingface", Prefixes: []string{"videomae.", "vit.", "", "model.videomae."},
		sign: []string{"encoder.layer.0.attention.attention.query.weight", "encoder.layer.0.intermediate.dense.weight"},
		rules: concat(
			[]rule{
				{to: "cls_token", from: "embeddings.cls_token"},
				{to: "pos_embed", from: "embeddings.position_embeddings"},
				{to: "patch_embed.proj.weight", from: "embeddings.patch_embeddings.projection.weight"},
				{to: "patch_embed.proj.bias", from: "embeddings.patch_embeddings.projection.bias"},
			},
			pair("norm", "layernorm"), pair("fc_norm", "fc_norm"),
			block("encoder.layer.{}.", "layernorm_before", "layernorm_after", "attention.output.dense", "intermediate.dense", "output.dense"),
			prefixed("encoder.layer.{}.", split("attention.attention.query", "attention.attention.key", "attention.attention.value",
				"attention.attention.q_bias", "attention.attention.v_bias"))),
		ignored: []string{"classifier.", "decoder", "mask_token", "encoder_to_decoder", "pooler.", "embeddings.mask_token", "embeddings.position_embeddings"},
	},
}

// stem returns the rules for parameters outside the blocks.
func stem() []rule {
	rules := []rule{{to: "cls_token", from: "cls_token"}, {to: "pos_embed", from: "pos_embed"}}
	for _, name := range []string{"patch_embed.proj", "norm", "fc_norm"} {
		rules = append(rules, pair(name, name)...)
	}
	return rules
}

// pair returns the rules for a weight and a bias.
func pair(to, from string) []rule {
	return []rule{{to: to + ".weight", from: from + ".weight"}, {to: to + ".bias", from: from + ".bias"}}
}

// block returns the rules for a block's norms, attention output and MLP. File names start with prefix; an empty prefix
// means ours.
func block(prefix, norm1, norm2, proj, fc1, fc2 string) []rule {
	if prefix == "" {
		prefix = "blocks.{}."
	}
	var rules []rule
	for _, n := range [][2]string{{"norm1", norm1}, {"norm2", norm2}, {"attn.proj", proj}, {"fc1", fc1}, {"fc2", fc2}} {
		rules = append(rules, pair("blocks.{}."+n[0], prefix+n[1])...)
	}
	return rules
}

// split returns the rules for q, k and v as separate layers, with biases in either form.
func split(q, k, v, qBias, vBias string) []rule {
	const b = "blocks.{}."
	return concat(pair(b+"attn.q_proj", b+q), pair(b+"attn.k_proj", b+k), pair(b+"attn.v_proj", b+v),
		[]rule{{to: b + "attn.q_bias", from: b + qBias}, {to: b + "attn.v_bias", from: b + vBias}})
}

// prefixed replaces the block prefix of file names.
func prefixed(prefix string, rules []rule) []rule {
	for i := range rules {
		rules[i].from = strings.Replace(rules[i].from, "blocks.{}.", prefix, 1)
	}
	return rules
}

// fused returns the rules for q, k and v as thirds of one layer, with biases in either form.
func fused() []rule {
	const b = "blocks.{}.attn."
	rules := []rule{{to: b + "q_bias", from: b + "q_bias"}, {to: b + "v_bias", from: b + "v_bias"}}
	for i, layer := range []string{"q_proj", "k_proj", "v_proj"} {
		rules = append(rules,
			rule{to: b + layer + ".weight", from: b + "qkv.weight", part: i + 1},
			rule{to: b + layer + ".bias", from: b + "qkv.bias", part: i + 1})
	}
	return rules
}

func concat(lists ...[]rule) []rule {
	var all []rule
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
