/** Edit distance where a swap of neighbours counts one, as typing slips do. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = a[row - 1] === b[column - 1] ? 0 : 1
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + substitution,
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1)
      current.push(best)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}

/** The known name somebody most likely meant, or undefined when nothing is near enough to suggest. */
export function nearestName(typed: string, known: Iterable<string>): string | undefined {
  const wanted = typed.toLowerCase()
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const name of known) {
    const candidate = name.toLowerCase()
    const extended =
      wanted.length >= 3 && (candidate.startsWith(wanted) || (candidate.length >= 3 && wanted.startsWith(candidate)))
    const distance = extended ? 0.5 : editDistance(wanted, candidate)
    // A third of the letters may be wrong; more than that is another word.
    if (distance <= Math.max(1, Math.floor(wanted.length / 3)) && distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** ` Did you mean …?` with a leading space, or nothing. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const nearest = nearestName(typed, known)
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`
}
