const immutable = 'a file never changes once it is closed; put -f replaces it'
const oneUser = 'a root has one user, the owner of its directory; there are no permissions to change'

/** Hadoop's verbs that quern does not have, with the reason; better than `Unknown command`. */
export const leftOut: ReadonlyMap<string, string> = new Map([
  ['appendToFile', immutable],
  ['truncate', immutable],
  ['concat', immutable],
  ['chmod', oneUser],
  ['chown', oneUser],
  ['chgrp', oneUser],
  ['getfacl', oneUser],
  ['setfacl', oneUser],
  ['expunge', 'there is no trash; rm deletes at once'],
  ['df', 'quern dfs report shows capacity and use'],
  ['checksum', "quern's checksums differ from HDFS's, so the answer would compare with nothing"],
  ['moveFromLocal', 'put, then delete the source once you have seen that it is there'],
  ['moveToLocal', 'get, then rm'],
  ['getfattr', 'there are no extended attributes'],
  ['setfattr', 'there are no extended attributes'],
  ['createSnapshot', 'there are no snapshots'],
  ['deleteSnapshot', 'there are no snapshots'],
  ['renameSnapshot', 'there are no snapshots'],
])
