// Package media is the Arrow schema of encoded records: what shards hold when clips are to be sampled later.
//
// One row is one record of a manifest with its bytes, either as they were (Original) or as a video in which every frame
// is a JPEG picture of a chosen size (Frames), or the reason why there is none:
//
//	id            utf8
//	uri           utf8                where the record was
//	label         int32               null when unlabelled
//	kind          utf8                "video" or "image"
//	start, end    float64             seconds, the part of the bytes that is the record; end 0 is the end
//	width, height int32               of each frame; null for Original
//	frame_index   list<int32>         numbers of the frames in the record's file; null for Original
//	pts           list<float64>       their presentation times there, in seconds; null for Original
//	source_sha256 utf8                of the record's file; null where it was not read as a whole
//	suffix        utf8                of a file with these bytes, such as "mp4" or "avi"; null on error
//	error         utf8                "reason: message", null when all went well
//	media         binary              the bytes; null on error
//
// media stands last so that the rest of a record batch can be read without it. A Builder belongs to one goroutine. Rows
// read from a record are copies, but for their bytes.
package media
