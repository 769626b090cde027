/** What programs allow in Markdown besides Markdown: shortcodes of Hugo, tags of Liquid, imports and elements of MDX. */
import { toMarkdown } from "./html.ts";

export interface Plain {
  readonly text: string;
  /** What stands above a "more" mark. */
  readonly more: string | undefined;
  /** What could not be taken over, in words. */
  readonly unknown: readonly string[];
}

export type TextOf = (text: string) => Plain;

/** Calls `f` with what is outside of fenced code; code stays as it is. */
function outsideCode(text: string, f: (part: string) => string): string {
  return text
    .split(/(^(?:```|~~~)[\s\S]*?^(?:```|~~~)[ \t]*$)/m)
    .map((part, i) => (i % 2 === 1 ? part : f(part)))
    .join("");
}

function cutAtMore(text: string): { text: string; more: string | undefined } {
  const mark = /<!--\s*more\s*-->/.exec(text);
  if (mark === null) return { text, more: undefined };
  const above = text.slice(0, mark.index);
  const more = above
    .replace(/!\[[^\]]*\]\([^)]*\)/g, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^#.*$/gm, "")
    .replace(/[*_`]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return {
    text: `${above.trimEnd()}\n\n${text.slice(mark.index + mark[0].length).trimStart()}`,
    more: more || undefined,
  };
}

/** Markdown in which HTML may stand: the blog shows none, so what can be is made Markdown. */
export const plainText: TextOf = (source) => {
  const unknown: string[] = [];
  const { text, more } = cutAtMore(source);
  return { text: withoutHtml(text, unknown), more, unknown };
};

/** Blocks and inline elements of HTML that stand in Markdown. */
function withoutHtml(text: string, unknown: string[]): string {
  const removed = (element: string): number => unknown.push(`<${element}> is left out`);
  return outsideCode(text, (part) =>
    part
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, (_, name: string) => {
        removed(name.toLowerCase());
        return "";
      })
      .replace(
        /^<(figure|div|table|iframe|p|center|details|video|audio|section|script|style|blockquote|ul|ol|dl)\b[\s\S]*?<\/\1>[ \t]*$/gim,
        (html) => toMarkdown(html, removed),
      )
      .replace(/<(a|b|strong|i|em|code|s|del)(\s[^>]*)?>[^<]*<\/\1>/gi, (html) => toMarkdown(html, removed))
      .replace(/<(img|iframe)\b[^>]*>(?:<\/iframe>)?/gi, (html) => toMarkdown(html, removed))
      .replace(/<(br)\s*\/?>/gi, "  \n"),
  );
}

/** `name="a" other='b'` and words without a name. */
function attributes(text: string): { named: Map<string, string>; rest: string[] } {
  const named = new Map<string, string>();
  const rest: string[] = [];
  for (const [, name, a, b, c] of text.matchAll(
    /(?:([\w-]+)\s*=\s*)?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+))/g,
  )) {
    const value = a ?? b ?? c ?? "";
    if (name === undefined) rest.push(value);
    else named.set(name, value);
  }
  return { named, rest };
}

const fence = (language: string, code: string): string =>
  `\n\`\`\`${language}\n${code.replace(/^\n+|\s+$/g, "")}\n\`\`\`\n`;

export const hugoText: TextOf = (source) => {
  const unknown: string[] = [];
  const { text, more } = cutAtMore(source);
  const code = text.replace(
    /\{\{[<%]\s*highlight\s+([\w+#-]*)[^}]*[>%]\}\}([\s\S]*?)\{\{[<%]\s*\/highlight\s*[>%]\}\}/g,
    (_, language: string, body: string) => fence(language, body),
  );
  const plain = outsideCode(code, (part) =>
    part
      .replace(/\{\{[<%]\/\*([\s\S]*?)\*\/[>%]\}\}/g, "`{{<$1>}}`")
      .replace(
        /\{\{[<%]\s*(\/?)([\w./-]+)\s*([\s\S]*?)\s*\/?[>%]\}\}/g,
        (_, slash: string, name: string, rest: string) => {
          if (slash === "/") return "";
          const { named, rest: words } = attributes(rest);
          const first = words[0] ?? "";
          switch (name) {
            case "figure": {
              const caption = named.get("caption") ?? named.get("title") ?? "";
              const alt = named.get("alt") ?? caption;
              return `![${alt}](${named.get("src") ?? first})${caption === "" ? "" : `\n\n*${caption}*`}`;
            }
            case "youtube":
              return `<https://www.youtube.com/watch?v=${named.get("id") ?? first}>`;
            case "vimeo":
              return `<https://vimeo.com/${named.get("id") ?? first}>`;
            case "ref":
            case "relref":
              return postAddress(named.get("path") ?? first);
            default:
              unknown.push(`the shortcode ${name} is left out, what it enclosed is kept`);
              return "";
          }
        },
      ),
  );
  return { text: withoutHtml(plain, unknown), more, unknown };
};

/** `posts/2019-05-04-name/index.md#part` as the blog's address. */
function postAddress(ref: string): string {
  const [path = "", part] = ref.split("#");
  const name = path.replace(/\/?(?:_?index)?(?:\.\w+)?\/?$/, "").replace(/^.*\//, "");
  return `/posts/${name.replace(/^\d{4}-\d{2}-\d{2}-/, "")}${part === undefined ? "" : `#${part}`}`;
}

export const jekyllText: TextOf = (source) => {
  const unknown: string[] = [];
  const { text, more } = cutAtMore(source);
  const raw: string[] = [];
  const code = text
    .replace(
      /\{%-?\s*raw\s*-?%\}([\s\S]*?)\{%-?\s*endraw\s*-?%\}/g,
      (_, body: string) => `\0${raw.push(body) - 1}\0`,
    )
    .replace(
      /\{%-?\s*highlight\s+([\w+#-]*)[^%]*%\}([\s\S]*?)\{%-?\s*endhighlight\s*-?%\}/g,
      (_, language: string, body: string) => fence(language, body),
    );
  const plain = outsideCode(code, (part) =>
    part
      .replace(/\{\{\s*(?:site\.(?:baseurl|url)|"?\/?"?\s*\|\s*relative_url)\s*\}\}/g, "")
      .replace(/\{\{\s*["']([^"']*)["']\s*\|\s*(?:relative_url|absolute_url|prepend:[^}]*)\s*\}\}/g, "$1")
      .replace(/\{%-?\s*(?:post_url|link)\s+(\S+)\s*-?%\}/g, (_, ref: string) => postAddress(ref))
      .replace(/\{%-?\s*comment\s*-?%\}[\s\S]*?\{%-?\s*endcomment\s*-?%\}/g, "")
      .replace(/\{%-?\s*(\w+)[\s\S]*?-?%\}/g, (_, name: string) => {
        unknown.push(`the tag {% ${name} %} is left out`);
        return "";
      })
      .replace(/\{\{\s*([^}]*?)\s*\}\}/g, (_, name: string) => {
        unknown.push(`the value {{ ${name} }} is left out`);
        return "";
      })
      // Attributes of Kramdown.
      .replace(/^[ \t]*\{:[^}\n]*\}[ \t]*$/gm, "")
      .replace(/\{:[^}\n]*\}/g, ""),
  );
  const whole = withoutHtml(plain, unknown).replace(/\0(\d+)\0/g, (_, n: string) => raw[Number(n)] ?? "");
  return { text: whole, more, unknown };
};

export const astroText: TextOf = (source) => {
  const unknown: string[] = [];
  const { text, more } = cutAtMore(source);
  const imports = new Map<string, string>();
  const plain = outsideCode(text, (part) =>
    part
      .replace(
        /^import\s+(?:(\w+)|\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+["']([^"']+)["'];?[ \t]*$/gm,
        (_, name: string | undefined, from: string) => {
          if (name !== undefined) imports.set(name, from);
          return "";
        },
      )
      .replace(/^export\s+(?:const|let|default|function)\b[^\n]*$/gm, (line) => {
        unknown.push(`the code "${line.slice(0, 40)}" is left out`);
        return "";
      })
      .replace(/\{\/\*[\s\S]*?\*\/\}/g, "")
      .replace(/<(?:Image|Picture)\b([^>]*?)\/?>/g, (_, rest: string) => {
        const { named } = attributes(rest.replace(/=\{(\w+)\}/g, '="$1"'));
        const src = named.get("src") ?? "";
        return `![${named.get("alt") ?? ""}](${imports.get(src) ?? src})`;
      })
      .replace(/<\/?([A-Z][\w.]*)\b[^>]*>/g, (tag, name: string) => {
        if (!tag.startsWith("</"))
          unknown.push(`the component ${name} is left out, what it enclosed is kept`);
        return "";
      }),
  );
  return { text: withoutHtml(plain, unknown), more, unknown };
};
