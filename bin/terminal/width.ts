const plainAscii = /^[\x20-\x7e]*$/
const zeroWidth = /^[\p{Mark}\p{Control}\p{Format}]$/u
const emoji = /^\p{Emoji_Presentation}/u
/** East Asian wide and fullwidth blocks (Unicode annex 11); emoji are told by their own property. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const emojiStyle = '\ufe0f'

let segmenter: Intl.Segmenter | undefined

/** Columns a text takes on a terminal: colours none, combining marks none, CJK and emoji two. */
export function displayWidth(text: string): number {
  if (plainAscii.test(text)) return text.length
  segmenter ??= new Intl.Segmenter()
  let width = 0
  const { stripVTControlCharacters } = process.getBuiltinModule('node:util')
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) {
    if (emoji.test(segment) || wide.test(segment) || segment.includes(emojiStyle)) width += 2
    else if (!zeroWidth.test(segment)) width += 1
  }
  return width
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** A name that can be shown on a terminal: control and direction-changing characters, which could redraw it, become `?`. */
export function printable(text: string): string {
  return text.replace(controls, '?')
}
