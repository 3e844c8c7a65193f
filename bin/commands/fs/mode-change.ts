/** What a mode operand of chmod makes of a path's permission bits. */
export type ModeChange = (permission: number, directory: boolean) => number

/**
 * Three or four octal digits, the first of four being the sticky bit, or clauses by commas: `[ugoa]*[+-=][rwxXt]+`. Without
 * letters before the sign everyone is meant, and no umask applies. Undefined for anything else.
 */
export function parseModeChange(text: string): ModeChange | undefined {
  const octal = /^\s*([01]?[0-7]{3})\s*$/.exec(text)?.[1]
  if (octal !== undefined) return () => Number.parseInt(octal, 8)
  const clauses: ModeChange[] = []
  for (const part of text.split(',')) {
    const [, who, sign, letters] = /^\s*([ugoa]*)([-+=])([rwxXt]+)\s*$/.exec(part) ?? []
    if (who === undefined || sign === undefined || letters === undefined) return undefined
    clauses.push(clause(who, sign, letters))
  }
  return (permission, directory) => clauses.reduce((bits, change) => change(bits, directory), permission)
}

const classes: readonly (readonly [letter: string, bits: number])[] = [
  ['u', 0o700],
  ['g', 0o070],
  ['o', 0o007],
]
const sticky = 0o1000

function clause(who: string, sign: string, letters: string): ModeChange {
  const everyone = who === '' || who.includes('a')
  let mask = 0
  for (const [letter, bits] of classes) if (everyone || who.includes(letter)) mask |= bits
  // The sticky bit is written in the place of the others' x, and goes with them.
  if ((mask & 0o007) !== 0) mask |= sticky
  return (permission, directory) => {
    let bits = 0
    if (letters.includes('r')) bits |= 0o444
    if (letters.includes('w')) bits |= 0o222
    // X is for directories, and for files that somebody may execute already.
    if (letters.includes('x') || (letters.includes('X') && (directory || (permission & 0o111) !== 0))) bits |= 0o111
    if (letters.includes('t')) bits |= sticky
    bits &= mask
    if (sign === '+') return permission | bits
    return sign === '-' ? permission & ~bits : (permission & ~mask) | bits
  }
}
