package manifests

// Kind says what a record's bytes are.
type Kind string

// The kinds of records. An image is a clip of one frame.
const (
	Video Kind = "video"
	Image Kind = "image"
)

// Status says whether a record's bytes were there when the manifest was built.
type Status string

// The states of records. Records that are missing or rejected stay in the manifest, with a reason.
const (
	Found    Status = "found"
	Missing  Status = "missing"
	Rejected Status = "rejected"
)

// NoLabel is the label of an unlabelled record.
const NoLabel int32 = -1

// Record is one annotated item of a dataset.
type Record struct {
	ID        string            // unique in its manifest, stable: derived from the annotation
	URI       string            // where the bytes are: a plain path below Manifest.Root, never decoded or expanded
	Kind      Kind              //
	Label     int32             // class number from 0, or NoLabel
	LabelName string            // class name, empty when unlabelled
	Split     string            // "train", "val", "test", or what the dataset calls it; may be empty
	Start     float64           // seconds into the file where the clip starts
	End       float64           // seconds into the file where it ends; 0 means the end of the file
	Group     string            // items that must not be torn apart by a split, such as clips of one recording
	Dataset   string            // name of the dataset
	Extra     map[string]string // further fields of the annotation
	Facts     Facts             // what probing found; zero when nobody looked
	Status    Status            //
	Reason    string            // why a record is missing or rejected
}

// Facts is what a look into a record's bytes tells.
type Facts struct {
	Frames   int64   // decoded frames
	FPS      float64 // frames a second, on average
	Duration float64 // seconds
	Width    int32   // pixels as shown: after rotation, in square pixels
	Height   int32   // pixels as shown
	Rotation int32   // degrees clockwise that were applied
	Codec    string  // FFmpeg's name
	Bytes    int64   // size of the encoded item
	SHA256   string  // hex digest of the encoded bytes
}

// Manifest is a list of records and what they have in common.
type Manifest struct {
	Dataset string   // name of the dataset
	Classes []string // class names; a label is an index into it
	Source  string   // what the manifest was built from
	Root    string   // folder that relative URIs start from
	Tool    string   // program and version that wrote it
	Records []Record
}
