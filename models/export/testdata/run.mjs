// Runs an exported model in ONNX Runtime's Node binding. Arguments: folder with node_modules, model, file of uint8 frames,
// shape as T,H,W,C. Prints the logits of all clips as one JSON array.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const [modules, model, frames, shape] = process.argv.slice(2);
const ort = createRequire(modules + "/")("onnxruntime-node");
const clip = shape.split(",").map(Number);
const data = new Uint8Array(readFileSync(frames));
const batch = data.length / clip.reduce((a, b) => a * b);
const session = await ort.InferenceSession.create(model);
const result = await session.run({ frames: new ort.Tensor("uint8", data, [batch, ...clip]) });
console.log(JSON.stringify({ shape: result.logits.dims, logits: Array.from(result.logits.data) }));
