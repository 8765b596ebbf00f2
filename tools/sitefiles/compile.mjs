// node compile.mjs FOLDER
// Runs compile.py in the browser's own Python, so that what it compiles is what the browser loads.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const python = await loadPyodide({ indexURL: folder + path.sep });
python.mountNodeFS("/wheels", folder);
const here = path.dirname(fileURLToPath(import.meta.url));
await python.runPythonAsync(readFileSync(path.join(here, "compile.py"), "utf-8"));
