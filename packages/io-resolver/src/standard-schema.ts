/** The part of Standard Schema (standardschema.dev, version 1) that is needed: Zod, Valibot, ArkType and others speak it. */

export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * @returns the value as the schema gives it, or what is wrong with it, in a line
 * @throws TypeError for a schema that answers with a promise: arguments are checked before anything happens
 */
export function validated(
  schema: StandardSchema,
  value: unknown,
  op: string,
): { readonly value: unknown } | { readonly wrong: string } {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise)
    throw new TypeError(`The schema of :${op} is asynchronous, which a schema of an op cannot be`);
  if (result.issues === undefined) return { value: result.value };
  return { wrong: result.issues.map(issueText).join("; ") };
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const where = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return where === "" ? message : `${where}: ${message}`;
}
