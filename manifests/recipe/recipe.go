package recipe

// Recipe is one experiment.
type Recipe struct {
	Name   string `yaml:"name" json:"name"`     // how tables and checkpoints call it
	Clip   Clip   `yaml:"clip" json:"clip"`     // which frames and pixels make a clip
	Model  Model  `yaml:"model" json:"model"`   // the backbone
	Tuning Tuning `yaml:"tuning" json:"tuning"` // what is added to the backbone and what trains
	Train  Train  `yaml:"train" json:"train"`   // optimisation
	Eval   Eval   `yaml:"eval" json:"eval"`     // evaluation and labelling
}

// Clip says which frames and which pixels of a video make a clip: uint8 [Frames, Height, Width, 3], RGB.
type Clip struct {
	Frames        int        `yaml:"frames" json:"frames"`                 // T, frames in a clip
	Stride        int        `yaml:"stride" json:"stride"`                 // distance of neighbouring frames; "dense" only
	Temporal      string     `yaml:"temporal" json:"temporal"`             // "dense": one window at the stride; "uniform": one frame from each of T equal segments; "spread", "videomae": training samplers as published
	ShortSide     int        `yaml:"short_side" json:"short_side"`         // pixels of the picture's short side before the crop
	Height        int        `yaml:"height" json:"height"`                 // H, pixels of the crop
	Width         int        `yaml:"width" json:"width"`                   // W, pixels of the crop
	Filter        string     `yaml:"filter" json:"filter"`                 // "bilinear", "bicubic" or "area"
	TrainTemporal string     `yaml:"train_temporal" json:"train_temporal"` // "random" or "center": where training clips lie in time; other clips are centred
	TrainCrop     string     `yaml:"train_crop" json:"train_crop"`         // "center", "random", "multiscale", "resized", "three" or "five"; other clips are centred, or as Crops says
	Flip          bool       `yaml:"flip" json:"flip"`                     // mirror half of the training clips; see FlipLabels
	Mean          [3]float32 `yaml:"mean" json:"mean"`                     // per channel R, G, B of pixels scaled to 0..1
	Std           [3]float32 `yaml:"std" json:"std"`                       // per channel R, G, B of pixels scaled to 0..1

	FPS        float64 `yaml:"fps,omitempty" json:"fps,omitempty"`                 // choose among the frames on display at so many ticks a second, by their times; 0 chooses among all frames
	End        string  `yaml:"end,omitempty" json:"end,omitempty"`                 // what follows a dense clip's last frame: "" or "repeat-last", "loop", "error"
	Segments   int     `yaml:"segments,omitempty" json:"segments,omitempty"`       // other than training: clips of a video at so many places from its start to its end; 0 stands for 1
	Crops      int     `yaml:"crops,omitempty" json:"crops,omitempty"`             // other than training: pictures of each of these, 3 along the long side or 5 (corners, centre); 0 stands for 1
	FlipLabels string  `yaml:"flip_labels,omitempty" json:"flip_labels,omitempty"` // of mirrored clips, where class names say left or right: "" or "swap", "forbid", "keep"; see Mirrored
	AreaMin    float64 `yaml:"area_min,omitempty" json:"area_min,omitempty"`       // train_crop "resized": smallest share of the picture's area; 0 stands for 0.08
	AspectMax  float64 `yaml:"aspect_max,omitempty" json:"aspect_max,omitempty"`   // train_crop "resized": largest width over height, and its inverse the smallest; 0 stands for 4/3
	Augment    Augment `yaml:"augment,omitempty" json:"augment,omitzero"`          // changes to the pixels of training clips
}

// Augment says how the pixels of training clips are changed, all frames of a clip alike. The zero value changes
// nothing.
type Augment struct {
	Jitter    float64 `yaml:"jitter,omitempty" json:"jitter,omitempty"`       // brightness, contrast and saturation are scaled by 1-j to 1+j, j up to 1
	Hue       float64 `yaml:"hue,omitempty" json:"hue,omitempty"`             // colours are turned by up to this part of the circle, up to 0.5
	Ops       int     `yaml:"ops,omitempty" json:"ops,omitempty"`             // RandAugment: operations a clip
	Magnitude float64 `yaml:"magnitude,omitempty" json:"magnitude,omitempty"` // RandAugment: their strength, up to 10
	Erase     float64 `yaml:"erase,omitempty" json:"erase,omitempty"`         // probability that a rectangle is erased
}

// Views is the number of clips of a video when it is not trained on.
func (c Clip) Views() int { return max(1, c.Segments) * max(1, c.Crops) }

// Model is the backbone: a video transformer over tubelets. Frames, height and width come from Clip.
type Model struct {
	Dim      int     `yaml:"dim" json:"dim"`             // D, embedding width
	Depth    int     `yaml:"depth" json:"depth"`         // blocks
	Heads    int     `yaml:"heads" json:"heads"`         // attention heads; must divide Dim
	MLPRatio float64 `yaml:"mlp_ratio" json:"mlp_ratio"` // hidden width of the MLP over Dim
	Patch    int     `yaml:"patch" json:"patch"`         // pixels of a tubelet's side
	Tubelet  int     `yaml:"tubelet" json:"tubelet"`     // frames of a tubelet

	Kind                  string  `yaml:"kind,omitempty" json:"kind,omitempty"`                   // "" or "video"; "image": ViT of one frame with class token and learned positions
	Pool                  string  `yaml:"pool,omitempty" json:"pool,omitempty"`                   // "" or "mean" of the patch tokens; "class": the image kind's class token
	Positions             string  `yaml:"positions,omitempty" json:"positions,omitempty"`         // "" or "sinusoid"; "learned"; the image kind's are always learned
	Dropout               float64 `yaml:"dropout,omitempty" json:"dropout,omitempty"`             // rate in [0, 1) after each projection
	AttnDropout           float64 `yaml:"attn_dropout,omitempty" json:"attn_dropout,omitempty"`   // rate in [0, 1) of attention
	DropPath              float64 `yaml:"drop_path,omitempty" json:"drop_path,omitempty"`         // stochastic depth: the last block's rate in [0, 1)
	GradientCheckpointing bool    `yaml:"rematerialize,omitempty" json:"rematerialize,omitempty"` // compute blocks again on the way back: less memory, more time
}

// Tokens is the number of tokens that the model makes of a clip: (T/t)(H/p)(W/p).
func (m Model) Tokens(c Clip) int {
	return (c.Frames / m.Tubelet) * (c.Height / m.Patch) * (c.Width / m.Patch)
}

// Tuning says what is added to the backbone and what trains.
type Tuning struct {
	Kind       string `yaml:"kind" json:"kind"`                           // "padapter", "linear", "full" and the others that models/tuning knows
	Bottleneck int    `yaml:"bottleneck" json:"bottleneck"`               // b, the adapter's inner width
	Location   string `yaml:"location" json:"location"`                   // where the adapter sits in a block: p_a_m, a_p_m, a_m_p, p+a_m, a_p+m, p+b
	CatMode    string `yaml:"cat_mode" json:"cat_mode"`                   // what is concatenated: x_p, p_x_p, p_2x_p
	LearnMode  string `yaml:"learn_mode" json:"learn_mode"`               // "add": prompt + hidden state; "cat": the bare prompt
	Scale      string `yaml:"scale" json:"scale"`                         // "learned" (starts at 1) or a fixed number
	Prompts    int    `yaml:"prompts,omitempty" json:"prompts,omitempty"` // VPT: learned tokens a block

	PromptLength int     `yaml:"prompt_length,omitempty" json:"prompt_length,omitempty"` // padapter's prompt rows: 0 for one a token, or 1 for one that all share
	Dropout      float64 `yaml:"dropout,omitempty" json:"dropout,omitempty"`             // padapter's and adaptformer's, a rate in [0, 1)
	Rank         int     `yaml:"rank,omitempty" json:"rank,omitempty"`                   // lora's inner width
	Alpha        float64 `yaml:"alpha,omitempty" json:"alpha,omitempty"`                 // lora's scale times rank; 0 stands for rank
}

// ClassBalanced is the Train.Sampling in which an epoch shows every class equally often.
const ClassBalanced = "class-balanced"

// BFloat16 is the Train.Precision in which matrix products take operands of 16 bits.
const BFloat16 = "bfloat16"

// Train is how the trained parameters are optimised.
type Train struct {
	Epochs         int     `yaml:"epochs" json:"epochs"`                                       // passes over the training clips
	Batch          int     `yaml:"batch" json:"batch"`                                         // clips a step
	Optimizer      string  `yaml:"optimizer" json:"optimizer"`                                 // "sgd", "adamw" or "lars"
	BaseLR         float64 `yaml:"base_lr" json:"base_lr"`                                     // rate for a batch of 256; the rate used is base_lr * batch / 256
	MinLR          float64 `yaml:"min_lr" json:"min_lr"`                                       // where the cosine ends
	WarmupEpochs   float64 `yaml:"warmup_epochs" json:"warmup_epochs"`                         // linear from 0
	Momentum       float64 `yaml:"momentum" json:"momentum"`                                   // SGD's, and AdamW's first beta when that is used
	WeightDecay    float64 `yaml:"weight_decay" json:"weight_decay"`                           // per step, scaled by the rate where the optimizer says so
	ClipNorm       float64 `yaml:"clip_norm" json:"clip_norm"`                                 // largest gradient norm; 0 does not clip
	Seed           uint64  `yaml:"seed" json:"seed"`                                           // of sampling, order and start values
	Sampling       string  `yaml:"sampling,omitempty" json:"sampling,omitempty"`               // which clips an epoch takes: "" each once; "class-balanced" as many of every class
	Precision      string  `yaml:"precision,omitempty" json:"precision,omitempty"`             // of the matrix products in training: "" or "float32"; "bfloat16" where the engine has it
	LabelSmoothing float64 `yaml:"label_smoothing,omitempty" json:"label_smoothing,omitempty"` // share of each label spread over all classes
	Mixup          float64 `yaml:"mixup,omitempty" json:"mixup,omitempty"`                     // α of mixup; 0 switches it off
	CutMix         float64 `yaml:"cutmix,omitempty" json:"cutmix,omitempty"`                   // α of CutMix; 0 switches it off
	LayerDecay     float64 `yaml:"layer_decay,omitempty" json:"layer_decay,omitempty"`         // factor on the rate from each block to the one below; 0 stands for 1
	EMA            float64 `yaml:"ema,omitempty" json:"ema,omitempty"`                         // decay of the averaged weights that are validated and saved; 0 averages none
	Patience       int     `yaml:"patience,omitempty" json:"patience,omitempty"`               // epochs without a better validation after which to stop; 0 never stops
	ShuffleFrames  bool    `yaml:"shuffle_frames" json:"shuffle_frames"`                       // control: each clip's frames are permuted, so that only single frames can help
}

// Eval is how clips are evaluated and labelled.
type Eval struct {
	Batch int `yaml:"batch" json:"batch"` // clips a step
	TopK  int `yaml:"top_k" json:"top_k"` // labels kept for each clip
}
