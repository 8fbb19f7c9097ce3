// Prints the rows of a Parquet shard as JSON Lines, read by DuckDB: an independent reader. The first line is the shape.
// usage: node outside_parquet.mjs MODULES FILE, where MODULES is a node_modules folder that holds @duckdb/node-api.
import { createRequire } from "node:module";

const [modules, file] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(modules + "/")("@duckdb/node-api");

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const quoted = "'" + file.replaceAll("'", "''") + "'";
const ask = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson();
const shape = await ask(`SELECT decode(value) FROM parquet_kv_metadata(${quoted}) WHERE decode(key) = 'padapter.shape'`);
console.log(shape[0][0]);
const rows = await ask(`SELECT to_json({id: id, uri: uri, label: label, view: "view", error: error, index: frame_index, pts: pts,
  crop: crop, flip: flip, source: source_sha256, frames: sha256(frames)})::VARCHAR FROM read_parquet(${quoted}, file_row_number = true) ORDER BY file_row_number`);
for (const [row] of rows) console.log(row);
