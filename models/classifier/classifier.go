package classifier

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/models/weights"
)

// Classifier describes one network.
type Classifier struct {
	Backbone  vit.Config
	Tuning    tuning.Tuning
	Mean, Std [vit.Channels]float32 // of RGB scaled to 0..1
	classes   int
	noisy     bool // training draws random numbers
	list      []weights.Parameter
}

// New returns the network of a backbone and a tuning. mean and std are per RGB channel of pixels scaled to 0..1. It
// returns an error if the configuration is invalid.
func New(backbone vit.Config, t tuning.Config, mean, std [vit.Channels]float32, classes int) (*Classifier, error) {
	if err := backbone.Validate(); err != nil {
		return nil, err
	}
	if classes < 1 {
		return nil, fmt.Errorf("classifier: %d classes: it needs at least 1", classes)
	}
	hooks, err := tuning.New(t, backbone)
	if err != nil {
		return nil, err
	}
	c := &Classifier{Backbone: backbone, Tuning: hooks, Mean: mean, Std: std, classes: classes}
	c.list = append(append(backbone.Parameters(), hooks.Parameters()...), headParameters(backbone.Dim, classes)...)
	if c.noisy = backbone.Noisy() || t.Dropout > 0; c.noisy {
		c.list = append(c.list, weights.NoiseCounter)
	}
	return c, nil
}

// Settings returns the backbone, for clips of the recipe's size, and the tuning of a recipe.
func Settings(r *recipe.Recipe) (backbone vit.Config, t tuning.Config) {
	m := r.Model
	backbone = vit.Config{
		Frames: r.Clip.Frames, Height: r.Clip.Height, Width: r.Clip.Width, Tubelet: m.Tubelet, Patch: m.Patch,
		Dim: m.Dim, Depth: m.Depth, Heads: m.Heads, MLPRatio: m.MLPRatio, Pool: m.Pool, Positions: m.Positions,
		Dropout: m.Dropout, AttentionDropout: m.AttnDropout, DropPath: m.DropPath, GradientCheckpointing: m.GradientCheckpointing,
	}
	if m.Kind == "image" {
		backbone.Positions, backbone.ClassToken, backbone.KeyBias, backbone.Flat = "learned", true, true, true
	}
	t = tuning.Config{
		Kind: r.Tuning.Kind, Bottleneck: r.Tuning.Bottleneck, Location: r.Tuning.Location,
		CatMode: r.Tuning.CatMode, LearnMode: r.Tuning.LearnMode, Scale: r.Tuning.Scale,
		PromptLength: r.Tuning.PromptLength, Dropout: r.Tuning.Dropout,
		Prompts: r.Tuning.Prompts, Rank: r.Tuning.Rank, Alpha: r.Tuning.Alpha,
	}
	return backbone, t
}

// FromRecipe returns the network that a recipe describes.
func FromRecipe(r *recipe.Recipe, classes int) (*Classifier, error) {
	backbone, t := Settings(r)
	c, err := New(backbone, t, r.Clip.Mean, r.Clip.Std, classes)
	if err != nil {
		return nil, fmt.Errorf("network of recipe %s: %w", r.Name, err)
	}
	return c, nil
}

// Classes returns the number of logits.
func (c *Classifier) Classes() int { return c.classes }

// ClipBytes returns the size in bytes of the largest intermediate value of the forward pass for one clip: the attention
// weights, or the MLP's hidden layer.
func (c *Classifier) ClipBytes() int64 {
	tokens := int64(c.Backbone.Tokens())
	return 4 * tokens * max(tokens*int64(c.Backbone.Heads), int64(c.Backbone.Hidden()))
}

// Parameters lists all weights and buffers: backbone, tuning, head.
func (c *Classifier) Parameters() []weights.Parameter { return c.list }

// Parameter returns the parameter with the given name, or one without a shape if there is none.
func (c *Classifier) Parameter(name string) weights.Parameter {
	for _, p := range c.list {
		if p.Name == name {
			return p
		}
	}
	return weights.Parameter{Name: name}
}

// Init fills the store with initial values drawn from seed.
func (c *Classifier) Init(store *model.Store, seed uint64) error {
	return weights.Fill(store, c.list, seed)
}

// NewStore returns a store with the network's weights, with initial values drawn from seed.
func (c *Classifier) NewStore(seed uint64) (*model.Store, error) {
	store := model.NewStore()
	if err := c.Init(store, seed); err != nil {
		return nil, err
	}
	return store, nil
}

// Trained marks the variables that the tuning trains as trainable and returns them.
func (c *Classifier) Trained(store *model.Store) ([]*model.Variable, error) {
	return weights.Trainable(store, c.list, c.Tuning.Trains)
}

// Noisy reports whether training uses dropout or stochastic depth.
func (c *Classifier) Noisy() bool { return c.noisy }

// Count returns the number of trained weights and of all weights, without buffers.
func (c *Classifier) Count() (trained, all int) {
	return weights.Count(c.list, c.Tuning.Trains), weights.Count(c.list, func(weights.Parameter) bool { return true })
}

// Logits builds the forward pass from frames uint8 [B, T, H, W, C] RGB to logits float32 [B, classes]. In training, the
// head normalises by batch statistics and updates its running statistics.
func (c *Classifier) Logits(scope *model.Scope, frames *Node, training bool) *Node {
	return c.FromPatches(scope, vit.Normalize(vit.Patches(c.Backbone, frames), c.Mean, c.Std), training)
}

// FromPatches is Logits for normalised float32 tubelets [B, N, t·p·p·C].
func (c *Classifier) FromPatches(scope *model.Scope, patches *Node, training bool) *Node {
	w := weights.NodesOf(scope, patches)
	if training && c.noisy {
		w = w.Training()
	}
	features := vit.Features(c.Backbone, w, c.Tuning, patches)
	logits := head(w, features, training)
	logits.AssertDims(patches.Shape().Dimensions[0], c.classes)
	return logits
}

// Features builds the forward pass from frames uint8 [B, T, H, W, C] to the input of the head, float32 [B, D].
func (c *Classifier) Features(scope *model.Scope, frames *Node) *Node {
	patches := vit.Normalize(vit.Patches(c.Backbone, frames), c.Mean, c.Std)
	return vit.Features(c.Backbone, weights.NodesOf(scope, patches), c.Tuning, patches)
}

// Embedded is Logits for inference that also returns the features float32 [B, D]. Labelling writes them as embeddings.
func (c *Classifier) Embedded(scope *model.Scope, frames *Node) (logits, features *Node) {
	features = c.Features(scope, frames)
	logits = head(weights.NodesOf(scope, features), features, false)
	logits.AssertDims(frames.Shape().Dimensions[0], c.classes)
	return logits, features
}
