/** Escapes of one letter that stand for a class of characters or for a place, and so for no text. */
const NO_TEXT = /^[bBdDsSwWtnrfv]$/
const PUNCTUATION = /^[!-/:-@[-`{-~]$/
const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/

/**
 * A text that is part of whatever a regular expression (JavaScript syntax, case-sensitive) matches, the longest there is
 * for certain; undefined where none is. Only characters that stand by themselves outside of groups are taken, and what is
 * not understood ends the search: a text that is missed costs time, one too many costs lines.
 *
 * The text is good for the UTF-8 bytes of a line as well: what a decoder makes of bytes that are no UTF-8 is U+FFFD, which
 * is never taken.
 */
export function requiredText(pattern: string): string | undefined {
  const runs: string[] = []
  let run: string[] = []
  const endRun = (): void => {
    runs.push(run.join(''))
    run = []
  }
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at)
    const quantifier = QUANTIFIER.exec(rest)?.[0]
    const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
    const escaped = pattern.charAt(at + 1)
    if (quantifier !== undefined) {
      // What it follows need not be there, or may be there again.
      if (!quantifier.startsWith('+')) run.pop()
      endRun()
      at += quantifier.length
    } else if (character === '|' || character === '{') return undefined
    else if (character === '(' || character === '[') {
      endRun()
      const end = character === '(' ? groupEnd(pattern, at) : classEnd(pattern, at)
      if (end < 0) return undefined
      at = end
    } else if (character === '\\') {
      if (PUNCTUATION.test(escaped)) run.push(escaped)
      else if (NO_TEXT.test(escaped)) endRun()
      else return undefined
      at += 2
    } else {
      if ('.^$)]}'.includes(character) || /[\ud800-\udfff\ufffd]/u.test(character)) endRun()
      else run.push(character)
      at += character.length
    }
  }
  endRun()
  const longest = runs.reduce((a, b) => (Buffer.byteLength(b) > Buffer.byteLength(a) ? b : a))
  return longest === '' ? undefined : longest
}

/** Behind the class that begins at `at`; negative when it does not end. */
function classEnd(pattern: string, at: number): number {
  for (let i = at + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === ']') return i + 1
  }
  return -1
}

/** Behind the group that begins at `at`. */
function groupEnd(pattern: string, at: number): number {
  let depth = 0
  for (let i = at; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === '[') {
      const end = classEnd(pattern, i)
      if (end < 0) return -1
      i = end - 1
    } else if (pattern[i] === '(') depth++
    else if (pattern[i] === ')' && --depth === 0) return i + 1
  }
  return -1
}
