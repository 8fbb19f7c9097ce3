// Prints the rows of a shard of encoded records as JSON Lines, with the media in base 64: Arrow files as Apache Arrow's
// JavaScript library reads them, Parquet files as DuckDB does. Both are independent readers.
// usage: node outside_media.mjs MODULES FILE, where MODULES is a node_modules folder that holds apache-arrow or @duckdb/node-api.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const require = createRequire(modules + "/");

if (file.endsWith(".parquet")) {
  const { DuckDBInstance } = require("@duckdb/node-api");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const quoted = "'" + file.replaceAll("'", "''") + "'";
  const answer = await connection.runAndReadAll(`SELECT to_json({id: id, uri: uri, label: label, kind: kind, start: "start", "end": "end",
    width: width, height: height, frame_index: frame_index, pts: pts, source_sha256: source_sha256, suffix: suffix, error: error,
    bytes: to_base64(media)})::VARCHAR FROM read_parquet(${quoted}, file_row_number = true) ORDER BY file_row_number`);
  for (const [row] of answer.getRowsJson()) console.log(row);
} else {
  const { tableFromIPC } = require("apache-arrow");
  for (const row of tableFromIPC(readFileSync(file))) {
    const { media, frame_index, pts, ...rest } = row.toJSON();
    console.log(JSON.stringify({
      ...rest, frame_index: frame_index && Array.from(frame_index), pts: pts && Array.from(pts),
      bytes: media && Buffer.from(media).toString("base64"),
    }));
  }
}
