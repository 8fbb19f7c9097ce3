// Package batch is the one currency between decoding and models: an Arrow record batch of clips.
//
// One row is one clip of one manifest record, or the reason why there is none:
//
//	id           utf8                    the record's id
//	uri          utf8                    where its bytes are
//	label        int32                   class number, null when unlabelled
//	frames       fixed_shape_tensor      uint8 [T, H, W, C] RGB, null when the row has an error
//	frame_index  int32 [T]               numbers of the frames in the file, null like frames
//	pts          float64 [T]             their presentation times in seconds, null like frames
//	view         int32                   which view of the record this is, from 0
//	error        utf8                    "reason: message", null when all went well
//	crop         float64 [4]             x, y, width, height of the part of the picture that became the clip, null like frames
//	flip         bool                    whether that was mirrored left to right
//	source_sha256  utf8                  SHA-256 of the encoded record, null when the manifest does not say
//
// The schema's metadata holds what all rows share: see Meta. docs/reference/formats/shard.md specifies both.
//
// A Builder owns the memory of the batch being made and hands it out row by row, so that decoders write pixels where
// they stay. A record made by it is the caller's to release. Clips read from a record are views of its memory and
// live as long as the record.
package batch
