/** A key, or a field of one, that sorts from the greatest to the least. Made by `desc`. */
export class Descending<T> {
  readonly value: T

  constructor(value: T) {
    this.value = value
  }
}

/**
 * Turns the order of a key round: `emit(desc(score), name)` has the highest score first, `emit([team, desc(score)], name)`
 * within each team. `reduce` is handed the value itself.
 */
export function desc<T>(value: T): Descending<T> {
  return new Descending(value)
}
