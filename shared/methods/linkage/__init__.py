"""Pure linkage of pupils with benefit children: tables in, links out. No I/O, no clock. `link.link` is the way in."""
