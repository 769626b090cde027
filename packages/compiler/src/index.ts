/** Macro expansion, analysis, modules and code generation of SX. */

export {
  check,
  DIAGNOSTICS,
  type Diagnostic,
  type DiagnosticCode,
  diagnosticOf,
  isDefinition,
} from "./check.ts";
export { type Loop, loopOf } from "./codegen/analysis.ts";
export { type GeneratedUnit, type GenerateOptions, generate } from "./codegen/index.ts";
export type * from "./core.ts";
export { type CoreModuleOptions, compilerPrimitives, coreModule } from "./core-module.ts";
export { didYouMean } from "./did-you-mean.ts";
export { type Evaluator, Expander, type ExpanderOptions } from "./expander.ts";
export { CompilerConstant, Hasher } from "./hash.ts";
export {
  addExports,
  announce,
  exportMistakes,
  type ImportForm,
  isExport,
  isImport,
  linkImport,
  parseImport,
} from "./imports.ts";
export {
  driveLoad,
  type Load,
  type LoadAnswer,
  Loader,
  type LoaderOptions,
  type LoadStep,
} from "./loader.ts";
export { MacroSuspended } from "./macros.ts";
export { FoldedTemplate } from "./markup.ts";
export {
  type Binding,
  CoreModule,
  type Macro,
  Module,
  type Signature,
  signatureOfCell,
} from "./module.ts";
export { printCore } from "./print-core.ts";
export { specialForms } from "./special/index.ts";
export { formToValue, placeOf, quoted, valueToForm } from "./values.ts";
