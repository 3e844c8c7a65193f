import { displayWidth } from './width.ts'

export type Align = 'left' | 'right'

/**
 * Rows as lines, each column as wide as its widest cell, two spaces between unless told otherwise. Cells may be coloured. A left-aligned last
 * column is not padded, so lines have no trailing blanks.
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
  between = '  ',
): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell))
    })
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const blanks = ' '.repeat((widths[column] ?? 0) - displayWidth(cell))
        if (align[column] === 'right') return blanks + cell
        return column === row.length - 1 ? cell : cell + blanks
      })
      .join(between),
  )
}
