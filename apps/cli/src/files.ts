/** The files of a program, named as they would be typed here: that is how errors point to them. */
import { relative } from "node:path";
import { nodeFiles, type SourceFiles } from "sorbus";

export const filesFromHere: SourceFiles = {
  resolve(specifier, from) {
    const path = nodeFiles.resolve(specifier, from);
    return relative("", path) || path;
  },
  read: nodeFiles.read,
};
