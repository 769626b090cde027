/** What the daemon tells a page of itself; shared with the code that runs in the browser. */
import type { ProblemData } from "../problem.ts";
import type { PreviewInfo, ReloadRecord, Traits } from "../reloader.ts";

/** What the document of a preview shows. */
export interface FrameView {
  /** A whole document. */
  readonly document: string;
  readonly revision: number;
  readonly traits: Required<Traits>;
  /** Style sheets and pictures may be others than before under the same address. */
  readonly assetsChanged: boolean;
}

/** What the page around it shows. */
export interface ShellView extends FrameView {
  readonly session: string;
  readonly file: string;
  readonly stale: boolean;
  readonly error: ProblemData | null;
  readonly previews: readonly PreviewInfo[];
  readonly preview: number | null;
  /** What somebody has set; the rest is the preview's own. */
  readonly chosen: Traits;
  readonly record: ReloadRecord | null;
  /** Of the last reload, such as state that was dropped. */
  readonly notices: readonly string[];
}

/** A variant, beside the session's own view. */
export interface VariantView {
  readonly name: string;
  readonly traits: Required<Traits> | null;
  readonly error: ProblemData | null;
}
