// Prints the rows of an Arrow file as JSON Lines, read by Apache Arrow's JavaScript library: an independent reader.
// usage: node outside.mjs MODULES FILE [lz4], where MODULES is a node_modules folder that holds apache-arrow (and lz4js).
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const require = createRequire(modules + "/");
const { tableFromIPC, compressionRegistry, CompressionType } = require("apache-arrow");
if (process.argv[4] === "lz4") {
  const lz4 = require("lz4js");
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (data) => lz4.decompress(data) });
}

const table = tableFromIPC(readFileSync(file));
const field = table.schema.fields.find((f) => f.name === "frames");
console.log(JSON.stringify({
  extension: field.metadata.get("ARROW:extension:name"),
  parameters: JSON.parse(field.metadata.get("ARROW:extension:metadata")),
  shape: JSON.parse(table.schema.metadata.get("padapter.shape")),
}));
for (const row of table) {
  const frames = row.frames;
  console.log(JSON.stringify({
    id: row.id, uri: row.uri, label: row.label, view: row.view, error: row.error,
    index: row.frame_index && Array.from(row.frame_index), pts: row.pts && Array.from(row.pts),
    crop: row.crop && Array.from(row.crop), flip: row.flip, source: row.source_sha256,
    frames: frames && createHash("sha256").update(frames.toArray()).digest("hex"),
  }));
}
