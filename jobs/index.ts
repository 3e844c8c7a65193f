/**
 * The jobs that come with quern, by name. A table, not a search of the folder, so that `quern run wordcount` imports one
 * job and a new one is listed on purpose.
 */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const bundled = (name: string, describe: string, file = name) => ({
  name,
  describe,
  moduleUrl: new URL(`./${file}${extension}`, import.meta.url).href,
})

export const bundledJobs = [
  bundled('wordcount', 'how often each word occurs'),
  bundled('grep', 'the lines that match a pattern, in input order'),
  bundled('sort', 'whole lines in one order over all parts, by bytes or by a field'),
  bundled('distinct', 'the different lines, or values of a field'),
  bundled(
    'top',
    'the most frequent words, lines or values of a field, or the lines with the greatest numbers; one part',
  ),
  bundled('stats', 'min, mean, max and count of a number for each value of a field, exactly'),
  bundled('join', 'two inputs in CSV or JSON lines by named columns'),
  bundled('index', 'for each term the files it stands in, with counts', 'inverted-index'),
] as const
