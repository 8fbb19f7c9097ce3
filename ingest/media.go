package ingest

import (
	"path"
	"strings"

	"padapter/manifests"
)

// mediaKinds has the endings of file names, in lower case, that our decoder's formats go by.
var mediaKinds = map[string]manifests.Kind{
	".avi": manifests.Video, ".mp4": manifests.Video, ".m4v": manifests.Video, ".mov": manifests.Video, ".mkv": manifests.Video,
	".webm": manifests.Video, ".mpg": manifests.Video, ".mpeg": manifests.Video, ".ts": manifests.Video, ".m2ts": manifests.Video,
	".mts": manifests.Video, ".flv": manifests.Video, ".wmv": manifests.Video, ".asf": manifests.Video, ".ogv": manifests.Video,
	".ogg": manifests.Video, ".3gp": manifests.Video, ".gif": manifests.Video, ".h264": manifests.Video, ".264": manifests.Video,
	".h265": manifests.Video, ".hevc": manifests.Video, ".ivf": manifests.Video, ".vob": manifests.Video,
	".jpg": manifests.Image, ".jpeg": manifests.Image, ".png": manifests.Image, ".webp": manifests.Image, ".bmp": manifests.Image,
}

// kindOf tells from a name whether a file is a video or an image; false for anything else.
func kindOf(name string) (manifests.Kind, bool) {
	kind, ok := mediaKinds[strings.ToLower(path.Ext(name))]
	return kind, ok
}
