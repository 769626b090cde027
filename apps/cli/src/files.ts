/** The files of a program, named as they would be typed here: that is how errors point to them. */
import { relative } from "node:path";
import { webLibrary } from "@sorbus/http-host/library";
import { type SourceFiles, withLibraries } from "sorbus";

/** The command brings the web framework along: what imports it runs anywhere. */
const files: SourceFiles = withLibraries(webLibrary);

export const filesFromHere: SourceFiles = {
  resolve(specifier, from) {
    const path = files.resolve(specifier, from);
    return relative("", path) || path;
  },
  read: files.read,
};
