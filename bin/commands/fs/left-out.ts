/** Hadoop's verbs that quern does not have, with the reason; better than `Unknown command`. */
export const leftOut: ReadonlyMap<string, string> = new Map([
  ['setfacl', 'there are no access control lists; owner, group and mode decide (chmod, chown, chgrp)'],
  ['getfattr', 'there are no extended attributes'],
  ['setfattr', 'there are no extended attributes'],
])
