package manifests

// Kind is the media type of a record.
type Kind string

// The kinds of records. An image is processed as a clip of one frame.
const (
	Video Kind = "video"
	Image Kind = "image"
)

// Status reports whether a record's file was found when the manifest was built.
type Status string

// The states of records. Missing and rejected records stay in the manifest, with a reason.
const (
	Found    Status = "found"
	Missing  Status = "missing"
	Rejected Status = "rejected"
)

// NoLabel is the label of unlabelled records.
const NoLabel int32 = -1

// Record is one annotated item of a dataset: a file, or the half-open time range [start, end) of it.
type Record struct {
	ID           string            // unique in its manifest, stable: derived from the annotation
	URI          string            // location: a plain path below Manifest.Root, never decoded or expanded, or one of the forms of package ingest/source
	Kind         Kind              //
	Label        int32             // class number from 0, or NoLabel
	LabelName    string            // class name, empty when unlabelled
	Split        string            // "train", "val", "test", or what the dataset calls it; may be empty
	StartSeconds float64           `json:"Start"` // seconds into the file where the clip starts
	EndSeconds   float64           `json:"End"`   // seconds into the file where it ends; 0 means the end of the file
	Group        string            // items with the same group, such as clips of one recording, must stay in the same split
	Dataset      string            // name of the dataset
	Extra        map[string]string // further fields of the annotation
	Facts        Facts             // result of probing; zero if not probed
	Status       Status            //
	Reason       string            // why a record is missing or rejected
}

// Facts holds properties of a record's file.
type Facts struct {
	Frames          int64   // number of decoded frames
	FPS             float64 // average frames per second
	DurationSeconds float64 `json:"Duration"` // seconds
	Width           int32   // displayed width in square pixels, after rotation
	Height          int32   // displayed height
	Rotation        int32   // applied rotation in degrees clockwise
	Codec           string  // FFmpeg's codec name
	Bytes           int64   // size of the encoded item
	SHA256          string  // hex SHA-256 of the encoded item
}

// Manifest is a list of records with common metadata.
type Manifest struct {
	Dataset string   // name of the dataset
	Classes []string // class names; a label is an index into it
	Source  string   // origin of the manifest
	Root    string   // base folder of relative URIs
	Tool    string   // program and version that wrote it
	Records []Record
}
