import type { Text } from './text.ts'

/**
 * Decimal numbers as whole numbers of their last digit's unit: 12.3 with one decimal is 123. Sums of these are exact, as
 * sums of cents are and sums of fractions of a euro are not.
 */

/** More digits than these a number does not hold exactly. */
const DIGITS_MAX = 15
const [MINUS, PLUS, POINT, ZERO] = [45, 43, 46, 48]

/**
 * The decimal number all of a text spells (sign, digits, a point) in units of its `decimals`th digit after the point; NaN
 * for anything else. Throws a RangeError for a number with more digits after the point, or more than 15 in all.
 */
export function parseDecimal(text: Text, decimals: number): number {
  const { buffer, start, end } = text
  const negative = buffer[start] === MINUS
  const first = negative || buffer[start] === PLUS ? start + 1 : start
  let units = 0
  let at = first
  for (; at < end; at++) {
    const digit = (buffer[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) break
    units = units * 10 + digit
  }
  const point = at
  if (at < end && buffer[at] === POINT) {
    for (at++; at < end; at++) {
      const digit = (buffer[at] ?? 0) - ZERO
      if (digit < 0 || digit > 9) break
      units = units * 10 + digit
    }
  }
  const behind = Math.max(0, at - point - 1)
  const digits = point - first + behind
  if (at < end || digits === 0) return Number.NaN
  const missing = decimals - behind
  if (missing < 0)
    throw new RangeError(`${text.toString()} has ${decimals - missing} digits after the point, not ${decimals}`)
  if (digits + missing > DIGITS_MAX) throw new RangeError(`${text.toString()} has more than ${DIGITS_MAX} digits`)
  if (missing > 0) units *= 10 ** missing
  // Never -0.
  return negative ? 0 - units : units
}

/** Such a number as it is written: with all its decimals. */
export function showDecimal(units: number | bigint, decimals: number): string {
  const digits = String(units < 0 ? -units : units).padStart(decimals + 1, '0')
  const point = digits.length - decimals
  return `${units < 0 ? '-' : ''}${digits.slice(0, point)}${decimals > 0 ? '.' : ''}${digits.slice(point)}`
}
