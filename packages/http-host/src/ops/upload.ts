/** Forms with files: `:http/multipart`, `:http/upload-bytes`, `:http/upload-save`. */
import { type OpDeclaration, OpError } from "@sorbus/io-resolver";
import { hasBrand, type MultipartBrand, type UploadBrand } from "../brands.ts";
import { HttpError } from "../types.ts";

/** @param folder where uploads are saved */
export function uploadOps(folder: string | undefined): OpDeclaration[] {
  return [
    {
      name: "http/multipart",
      params: "body limits",
      purity: "read",
      doc: "The fields of a multipart/form-data body as a dict; limits are :max-file (bytes) and :max-files.",
      check: ([body, limits]) => {
        if (!hasBrand(body, "multipart")) return "body must be that of a multipart/form-data request";
        const { "max-file": size, "max-files": count } = (limits ?? {}) as Record<string, unknown>;
        return isCount(size) && isCount(count) ? undefined : "limits must have :max-file and :max-files";
      },
      handler: async ([body, limits]) => {
        const { "max-file": maxFile, "max-files": maxFiles } = limits as Record<string, number>;
        try {
          return fieldsOf(
            await (body as MultipartBrand).read({ maxFile: maxFile ?? 0, maxFiles: maxFiles ?? 0 }),
          );
        } catch (error) {
          if (error instanceof HttpError) throw new OpError(`http/${error.status}`, error.message);
          throw error;
        }
      },
    },
    {
      name: "http/upload-bytes",
      params: "upload",
      purity: "read",
      doc: "The bytes of a file that was uploaded.",
      check: ([upload]) =>
        hasBrand(upload, "upload") ? undefined : "upload must be that of an uploaded file",
      handler: ([upload]) => (upload as UploadBrand).bytes(),
    },
    {
      name: "http/upload-save",
      params: "upload name",
      purity: "write",
      idempotent: true,
      doc: "Copies an uploaded file to a name in the folder for uploads.",
      check: ([upload, name]) => {
        if (!hasBrand(upload, "upload")) return "upload must be that of an uploaded file";
        return typeof name === "string" && name !== "" ? undefined : "name must be a string";
      },
      handler: async ([upload, name]) => {
        if (folder === undefined)
          throw new OpError("host", "There is no folder for uploads: the host was not given one");
        await (upload as UploadBrand).save(folder, String(name));
        return null;
      },
    },
  ];
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

/** As `query-decode` gives them: a name that comes more than once has a list. */
function fieldsOf({ parts }: Awaited<ReturnType<MultipartBrand["read"]>>): Map<string, unknown> {
  const fields = new Map<string, unknown[]>();
  for (const { name, value } of parts) {
    const field =
      typeof value !== "string"
        ? { filename: value.filename, type: value.type, size: value.size, upload: value }
        : value;
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [field]);
    else known.push(field);
  }
  return new Map(Array.from(fields, ([name, values]) => [name, values.length === 1 ? values[0] : values]));
}
