/** The files of a program, named as they would be typed here: that is how errors point to them. */
import { dirname, relative, resolve } from "node:path";
import { nodeFiles, type SourceFiles } from "sorbus";

export const filesFromHere: SourceFiles = {
  resolve(specifier, from) {
    const path = from === "" ? resolve(specifier) : resolve(dirname(from), specifier);
    return relative("", path) || path;
  },
  read: nodeFiles.read,
};
