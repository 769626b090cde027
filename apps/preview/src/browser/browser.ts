/** The browser behind one interface: what the daemon wants of it, and nothing of how it is driven. */
import type { Traits } from "../reloader.ts";
import type { ElementNode } from "../vocabulary/results.ts";

export type FullTraits = Required<Traits>;

export interface PictureOptions {
  readonly format: "png" | "jpeg";
  /** Of a JPEG, 1 to 100. */
  readonly quality?: number;
  /** The whole page instead of the viewport. */
  readonly fullPage?: boolean;
  /** Of the viewport only as much as there is something on, from the top down. */
  readonly fit?: boolean;
}

export interface PictureData {
  readonly format: "png" | "jpeg";
  readonly data: Buffer;
  /** In pixels of the picture. */
  readonly width: number;
  readonly height: number;
}

/** An element in the accessibility tree, and what leads to the form that made it. */
export interface SeenElement extends ElementNode {
  readonly children: SeenElement[];
}

export interface TouchRequest {
  readonly element: string;
  readonly action: "click" | "type" | "select" | "press" | "hover";
  readonly text?: string;
}

export interface TouchResult {
  /** What is different after it, in words. */
  readonly changes: readonly string[];
  /** Role and name of what has the focus. */
  readonly focused: string | null;
}

/** A page that stays open, with what has been typed into it. */
export interface LivePage {
  /** Makes it show a view by patching, as in people's browsers. @returns milliseconds until it was shown */
  show(view: unknown): Promise<number>;
  setTraits(traits: FullTraits): Promise<void>;
  /** @param places the document that is shown, in which elements say in `data-sx-at` where they were written */
  elements(places: string | undefined): Promise<SeenElement[]>;
  /** @throws Problem if there is no such element, or it cannot be touched */
  touch(request: TouchRequest): Promise<TouchResult>;
  picture(options: PictureOptions): Promise<PictureData>;
  close(): Promise<void>;
}

export interface BrowserState {
  readonly state: "not started" | "starting" | "running";
  readonly version: string | null;
  readonly executable: string | null;
}

export interface PreviewBrowser {
  readonly state: BrowserState;
  /** Starts it, if it does not run. @throws Problem if there is none */
  warm(): Promise<void>;
  /** A picture of the document at an address, without any state. @throws Problem */
  picture(url: string, traits: FullTraits, options: PictureOptions): Promise<PictureData>;
  /** @throws Problem */
  open(url: string, traits: FullTraits): Promise<LivePage>;
  close(): Promise<void>;
}
